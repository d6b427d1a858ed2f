/** Text that somebody else wrote. Characters that hide or reorder others are shown as their codes. */

const SHOWN = 200;
// Control characters, and those that set the direction of text or have no width.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it finds.
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Show a text that is not trusted, cut after 200 characters; its title has the rest. */
export function Text({ value }: { value: string }) {
  const shown = plain(value);
  if (shown.length <= SHOWN) return <bdi>{shown}</bdi>;
  return <bdi title={shown}>{shown.slice(0, SHOWN)}…</bdi>;
}

/** Return a text in which hidden characters are written as their codes, but for those in `kept`. */
export function plain(value: string, kept = ""): string {
  return value.replace(HIDDEN, (one) =>
    kept.includes(one) ? one : `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
