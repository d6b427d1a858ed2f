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

export type Query = Record<string, string | string[] | null | undefined>;

/** Return the link to a path with a query; empty values are left out, a list is a parameter for each item. */
export function link(path: string, query: Query = {}): string {
  const text = new URLSearchParams();
  apply(text, query);
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
export function change(query: Query): void {
  const { path, query: now } = place.value;
  const next = new URLSearchParams(now);
  apply(next, query);
  history.replaceState(null, "", `#${path}${next.size ? `?${next}` : ""}`);
  place.value = { path, query: next };
}

/** Change parameters of the page's address as a step, which the browser's way back undoes. */
export function step(query: Query): void {
  const { path, query: now } = place.value;
  const next = new URLSearchParams(now);
  apply(next, query);
  go(`#${path}${next.size ? `?${next}` : ""}`);
}

function apply(text: URLSearchParams, query: Query): void {
  for (const [name, value] of Object.entries(query)) {
    text.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) if (one) text.append(name, one);
  }
}
