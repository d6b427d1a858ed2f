/**
 * Ranges of time: `from` and `to` of an address, and what is typed.
 *
 * A point is `now`, `now-7d`, `now/d` (the start of the day; as the end of a range, its end), `now-1M/M`, a time in
 * ISO 8601 with `Z` or an offset, or a date or time of day without one, which is read in the zone of the page. Units are
 * s, m, h, d, w, M, Q, y. `from=all` is everything that is stored. Bounds are instants in milliseconds; days, weeks
 * (from Monday), months, quarters and years are of the zone. No function reads the clock: `now` is an argument.
 */

import { instantOf, type Wall, wallOf } from "./zone";

export interface Range {
  from: string;
  to: string;
}

export interface Bounds {
  start: number;
  end: number;
}

export interface Preset {
  name: string;
  range: Range;
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const ALL: Range = { from: "all", to: "now" };

export const PRESETS: Preset[] = [
  { name: "Last 15 minutes", range: last("15m") },
  { name: "Last hour", range: last("1h") },
  { name: "Last 6 hours", range: last("6h") },
  { name: "Last 24 hours", range: last("24h") },
  { name: "Last 7 days", range: last("7d") },
  { name: "Last 30 days", range: last("30d") },
  { name: "Last 90 days", range: last("90d") },
  { name: "Today", range: { from: "now/d", to: "now/d" } },
  { name: "All events", range: ALL },
];

const UNITS: Record<string, string> = {
  s: "s sec secs second seconds",
  m: "m min mins minute minutes",
  h: "h hr hrs hour hours",
  d: "d day days",
  w: "w week weeks",
  M: "M mo month months",
  Q: "Q quarter quarters",
  y: "y year years",
};
const FIXED: Record<string, number> = { s: 1000, m: MINUTE, h: HOUR };
const RELATIVE = /^now(?:([+-]\d{1,6})([smhdwMQy]))?(?:\/([smhdwMQy]))?$/;
const ISO =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

function last(span: string): Range {
  return { from: `now-${span}`, to: "now" };
}

/** Return the instant of a point of time, undefined if it is none. `isEnd` rounds up instead of down. */
export function instant(text: string, now: number, zone: string, isEnd = false): number | undefined {
  const relative = RELATIVE.exec(text.trim());
  if (!relative) return absolute(text.trim(), zone, isEnd);
  const [, amount, unit, floor] = relative;
  const moved = amount && unit ? add(now, Number(amount), unit, zone) : now;
  if (!floor) return moved;
  const start = startOf(moved, floor, zone);
  return isEnd ? add(start, 1, floor, zone) : start;
}

/** Return the bounds of a range, undefined if it is none or ends before it starts. */
export function boundsOf({ from, to }: Range, now: number, zone: string): Bounds | undefined {
  const start = instant(from, now, zone);
  const end = instant(to, now, zone, true);
  return start !== undefined && end !== undefined && start < end ? { start, end } : undefined;
}

/** Return an absolute range of bounds. */
export function freeze({ start, end }: Bounds): Range {
  return { from: iso(start), to: iso(end) };
}

/** Return the range of the same length, moved by a part of it: -0.5 is half of it back. */
export function shift({ start, end }: Bounds, part: number): Bounds {
  const by = Math.round((end - start) * part);
  return { start: start + by, end: end + by };
}

/** Return a range of double the length around the same middle, which ends at `now` at most. */
export function zoomOut({ start, end }: Bounds, now: number): Bounds {
  const half = Math.round((end - start) / 2);
  const last = end <= now ? Math.min(end + half, now) : end + half;
  return { start: last - 4 * half, end: last };
}

/** Return the range before, of the same length. */
export function previous(bounds: Bounds): Bounds {
  return shift(bounds, -1);
}

/**
 * Return the range of a first visit: the smallest preset of a day or more that holds the newest event, else the seven days
 * that end with it.
 */
export function firstRange(newest: number | null, now: number, zone: string): { range: Range; isPast: boolean } {
  for (const span of [DAY, 7 * DAY, 30 * DAY, 90 * DAY]) {
    if (newest === null || (newest > now - span && newest <= now)) {
      return { range: last(span === DAY ? "24h" : `${span / DAY}d`), isPast: false };
    }
  }
  const end = add(startOf(newest ?? now, "d", zone), 1, "d", zone);
  return { range: freeze({ start: add(end, -7, "d", zone), end }), isPast: true };
}

/** Read what somebody typed: `7d`, `last 3 weeks`, `today`, `yesterday`, `2013-12`, or two points with `to` between. */
export function typed(text: string, now: number, zone: string): Range | undefined {
  const said = text.trim();
  const span = /^(?:last\s+)?(\d{1,6})?\s*([a-z]+)$/i.exec(said);
  const unit = span?.[2] && unitOf(span[2]);
  if (unit && (span[1] || /^last/i.test(said))) return { from: `now-${span[1] ?? 1}${unit}`, to: "now" };
  const named = NAMED[said.toLowerCase()];
  if (named) return named;
  const parts = said.split(/\s+(?:to|until|–|-|—)\s+|\s*(?:\.\.|–|—)\s*/);
  const [from = "", to = from] = parts;
  const range = parts.length === 1 && RELATIVE.test(from) ? { from, to: "now" } : { from, to };
  const bounds = parts.length <= 2 ? boundsOf(range, now, zone) : undefined;
  if (!bounds) return undefined;
  return RELATIVE.test(range.from) ? range : freeze(bounds);
}

const NAMED: Record<string, Range> = {
  all: ALL,
  everything: ALL,
  today: { from: "now/d", to: "now/d" },
  yesterday: { from: "now-1d/d", to: "now-1d/d" },
  "this week": { from: "now/w", to: "now/w" },
  "last week": { from: "now-1w/w", to: "now-1w/w" },
  "this month": { from: "now/M", to: "now/M" },
  "last month": { from: "now-1M/M", to: "now-1M/M" },
};

/** Write an instant as ISO 8601 in UTC. */
export function iso(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

function unitOf(word: string): string | undefined {
  const found = Object.entries(UNITS).find(([, words]) => words.split(" ").includes(word));
  return (found ?? Object.entries(UNITS).find(([, words]) => words.split(" ").includes(word.toLowerCase())))?.[0];
}

function absolute(text: string, zone: string, isEnd: boolean): number | undefined {
  const found = ISO.exec(text);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second, fraction, offset] = found;
  const wall = [year, month ?? 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0].map(Number) as Wall;
  const checked = new Date(Date.UTC(wall[0], wall[1] - 1, wall[2], wall[3], wall[4], wall[5]));
  if (checked.getUTCMonth() !== wall[1] - 1 || checked.getUTCDate() !== wall[2] || wall[3] > 23) return undefined;
  const whole = offset ? checked.getTime() - offsetOf(offset) : instantOf(wall, zone);
  // A date as the end of a range includes that day, a month that month.
  if (isEnd && hour === undefined) return add(whole, 1, day ? "d" : month ? "M" : "y", zone);
  // What is cut off a bound that came from data must not take its event out of the range.
  return whole + (isEnd ? Math.ceil : Math.floor)(Number(`0.${fraction ?? 0}`) * 1000);
}

function offsetOf(text: string): number {
  if (text.toUpperCase() === "Z") return 0;
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(text) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * MINUTE);
}

/** Return the instant some units later on the clock of a zone. */
export function add(at: number, amount: number, unit: string, zone: string): number {
  const fixed = FIXED[unit];
  if (fixed) return at + amount * fixed;
  const [year, month, day, ...clock] = wallOf(at, zone);
  if (unit === "d" || unit === "w")
    return instantOf([year, month, day + amount * (unit === "w" ? 7 : 1), ...clock], zone);
  const months = amount * ({ M: 1, Q: 3, y: 12 }[unit] ?? 0);
  const lastDay = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return instantOf([year, month + months, Math.min(day, lastDay), ...clock], zone);
}

/** Return the start of the unit that an instant is in. */
export function startOf(at: number, unit: string, zone: string): number {
  const [year, month, day, , minute, second] = wallOf(at, zone);
  switch (unit) {
    case "s":
    case "m":
      return Math.floor(at / (FIXED[unit] ?? 1)) * (FIXED[unit] ?? 1);
    case "h":
      return Math.floor(at / 1000) * 1000 - minute * MINUTE - second * 1000;
    case "d":
      return instantOf([year, month, day, 0, 0, 0], zone);
    case "w": {
      const weekday = (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
      return instantOf([year, month, day - weekday, 0, 0, 0], zone);
    }
    case "M":
      return instantOf([year, month, 1, 0, 0, 0], zone);
    case "Q":
      return instantOf([year, month - ((month - 1) % 3), 1, 0, 0, 0], zone);
    default:
      return instantOf([year, 1, 1, 0, 0, 0], zone);
  }
}
