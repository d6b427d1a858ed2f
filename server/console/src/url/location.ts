/** The address in the fragment: a path, and a query that holds the state of the page. */

import { signal } from "@preact/signals";

export interface Place {
  path: string;
  query: URLSearchParams;
}

/** Read a fragment such as `#/models?search=air`. */
export function parse(fragment: string): Place {
  const [path = "", query = ""] = split(fragment.replace(/^#/, ""));
  return { path: path.startsWith("/") ? path : `/${path}`, query: new URLSearchParams(query) };
}

function split(text: string): [string, string] {
  const mark = text.indexOf("?");
  return mark < 0 ? [text, ""] : [text.slice(0, mark), text.slice(mark + 1)];
}

export const place = signal(parse(location.hash));

addEventListener("hashchange", () => {
  place.value = parse(location.hash);
});

/** Return the link to a path with a query; empty values are left out. */
export function link(path: string, query: Record<string, string | null | undefined> = {}): string {
  const text = new URLSearchParams(Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]));
  // The zone of a link holds for the pages that are reached from it.
  const zone = place.value.query.get("tz");
  if (zone && !text.has("tz")) text.set("tz", zone);
  return `#${path}${text.size ? `?${text}` : ""}`;
}

/** Go to a link. */
export function go(target: string): void {
  location.hash = target;
}

/** Change parameters of the page's address without a new entry in the history; empty values are removed. */
export function change(query: Record<string, string | null>): void {
  const { path, query: now } = place.value;
  const next = new URLSearchParams(now);
  for (const [name, value] of Object.entries(query)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  history.replaceState(null, "", `#${path}${next.size ? `?${next}` : ""}`);
  place.value = { path, query: next };
}
