/**
 * What the pages of a model show: an environment, a range of time, a segment, and what to compare with.
 *
 * `useSelection()` gives it to a page that takes `range` or `env`; the frame shows such a page once it is known. Pass
 * `selection.body` to the operations of `/v3/monitoring/`, and `selection.key` and `selection.revision` to `useLive`.
 * The key names the range as it is in the address, so a panel does not load again because a second has passed.
 */

import { computed, signal } from "@preact/signals";
import type { Schemas } from "../api/client";
import { now, pulse } from "../api/pulse";
import { zone } from "../ui/preferences";
import { change, place, step } from "./location";
import {
  ALL,
  type Bounds,
  boundsOf,
  firstRange,
  freeze,
  iso,
  previous as previousOf,
  type Range,
  shift,
  zoomOut,
} from "./range";
import { type Parameter, routeAt } from "./routes";

export interface Selection {
  modelId: string;
  environment: Schemas["EnvironmentPulse"];
  range: Range;
  bounds: Bounds;
  /** The range before, if the page compares with it. */
  compared: Bounds | null;
  segment: string | null;
  zone: string;
  /** The data revision of the environment. */
  revision: string;
  key: string;
  body: {
    model_id: string;
    environment_id: string;
    time_range: { start_time: string; end_time: string };
    time_zone: string;
    segment?: Schemas["SegmentChoice"];
  };
}

export interface Read {
  selection: Selection;
  /** What of the address is wrong and ignored, in sentences. */
  problems: string[];
  /** Whether the range was chosen because the newest event is of the past. */
  isPast: boolean;
}

const TICK_MS = 300_000;

/** When the first event of an environment was, by the environment's id: for the range of everything. */
export const earliest = signal<Record<string, number>>({});

/** The selection of the address, null until the model's state is known. */
export const read = computed<Read | null>(() => {
  const { path, query } = place.value;
  const here = routeAt(path);
  const known = pulse.value;
  const production = known?.environments[0];
  if (!here?.route.isOfModel || !known || !production) return null;
  const problems: string[] = [];
  const name = takes("env") ? query.get("env") : null;
  const found = name ? known.environments.find((one) => one.name === name) : production;
  if (!found) problems.push(`The model has no environment “${name}”. This is ${production.name}.`);
  const environment = found ?? production;
  const { range, bounds, isPast } = readRange(environment, problems);
  const segment = takes("segment") ? query.get("segment") : null;
  const compare = takes("compare") ? query.get("compare") : null;
  const body: Selection["body"] = {
    model_id: here.id,
    environment_id: environment.id,
    time_range: { start_time: iso(bounds.start), end_time: iso(bounds.end) },
    time_zone: zone.value,
    ...(segment ? { segment: { id: segment } } : {}),
  };
  const tick = /now|all/.test(range.from + range.to) ? Math.floor(now.value / TICK_MS) : 0;
  const key = JSON.stringify([
    here.id,
    environment.id,
    range,
    zone.value,
    segment,
    tick,
    earliest.value[environment.id],
  ]);
  const compared = compare === "previous" ? previousOf(bounds) : null;
  const { data_revision: revision } = environment;
  return {
    selection: {
      modelId: here.id,
      environment,
      range,
      bounds,
      compared,
      segment,
      zone: zone.value,
      revision,
      key: compared ? `${key} previous` : key,
      body,
    },
    problems,
    isPast,
  };
});

function readRange(environment: Selection["environment"], problems: string[]) {
  const { query } = place.value;
  const newest = environment.newest_event && Date.parse(environment.newest_event.timestamp);
  const first = firstRange(newest, now.value, zone.value);
  const usual = { ...first, bounds: boundsOf(first.range, now.value, zone.value) ?? { start: 0, end: 1 } };
  const from = takes("range") ? query.get("from") : null;
  if (from === null) return usual;
  const range = { from, to: query.get("to") ?? "now" };
  const bounds = from === ALL.from ? everything(environment, newest) : boundsOf(range, now.value, zone.value);
  if (bounds) return { range, bounds, isPast: false };
  problems.push(`“${range.from}” to “${range.to}” is no range of time, so it is ignored.`);
  return usual;
}

/** Bounds of everything that is stored; a guess until the first event's time is known. */
function everything(environment: Selection["environment"], newest: number | null): Bounds {
  const last = newest === null ? now.value : newest + 1;
  const start = earliest.value[environment.id] ?? last - 90 * 24 * 3_600_000;
  return { start: Math.min(start, last - 1), end: last };
}

function takes(parameter: Parameter): boolean {
  return routeAt(place.value.path)?.route.takes.includes(parameter) ?? false;
}

/** Return the selection. Only for pages that take a range or an environment. */
export function useSelection(): Selection {
  const known = read.value;
  if (!known) throw new Error("the selection is not known yet");
  return known.selection;
}

/** Show another range, as a step that the browser's way back undoes. */
export function show(range: Range): void {
  step({ from: range.from, to: range.to === "now" ? null : range.to });
}

/** Show the range from one instant to another. */
export function zoom(bounds: Bounds): void {
  show(freeze(bounds));
}

/** Show the range moved by a part of its length. */
export function move(part: number): void {
  const known = read.value;
  if (known) zoom(shift(known.selection.bounds, part));
}

/** Show double the range. */
export function widen(): void {
  const known = read.value;
  if (known) zoom(zoomOut(known.selection.bounds, Math.max(now.value, known.selection.bounds.end)));
}

/** Show the middle half of the range. */
export function narrow(): void {
  const known = read.value;
  if (!known) return;
  const { start, end } = known.selection.bounds;
  const quarter = Math.round((end - start) / 4);
  zoom({ start: start + quarter, end: end - quarter });
}

/** Write the range into the address as absolute times. */
export function freezeRange(): void {
  const known = read.value;
  if (known && takes("range")) change({ ...freeze(known.selection.bounds) });
}

/** Return the address of the page, with which everyone sees the same: absolute times, and the zone. */
export function frozenLink(): string {
  const query = new URLSearchParams(place.value.query);
  const known = read.value;
  if (known && takes("range")) {
    const { from, to } = freeze(known.selection.bounds);
    query.set("from", from);
    query.set("to", to);
  }
  query.set("tz", zone.value);
  const url = new URL(document.baseURI);
  url.hash = `${place.value.path}?${query}`;
  return url.href;
}
