/** The events of the list that was shown last, for the way to the next and the previous one. */

let listed: readonly string[] = [];

/** Remember the ids of a list. */
export function remember(ids: readonly string[]): void {
  listed = ids;
}

/** Return the ids before and after an event in the list, null where there is none. */
export function neighbours(id: string): { before: string | null; after: string | null; place: number; of: number } {
  const place = listed.indexOf(id);
  if (place < 0) return { before: null, after: null, place: -1, of: listed.length };
  return { before: listed[place - 1] ?? null, after: listed[place + 1] ?? null, place, of: listed.length };
}
