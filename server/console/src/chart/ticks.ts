/** Where a time axis has its labels, on the clock of a zone, and what they say. */

import { add, DAY, HOUR, MINUTE, startOf } from "../url/range";
import { wallOf } from "../url/zone";

const STEPS: [number, string, number][] = [
  [1, "s", 1000],
  [10, "s", 10_000],
  [30, "s", 30_000],
  [1, "m", MINUTE],
  [5, "m", 5 * MINUTE],
  [15, "m", 15 * MINUTE],
  [30, "m", 30 * MINUTE],
  [1, "h", HOUR],
  [3, "h", 3 * HOUR],
  [6, "h", 6 * HOUR],
  [12, "h", 12 * HOUR],
  [1, "d", DAY],
  [2, "d", 2 * DAY],
  [1, "w", 7 * DAY],
  [2, "w", 14 * DAY],
  [1, "M", 30 * DAY],
  [3, "M", 91 * DAY],
  [6, "M", 182 * DAY],
  [1, "y", 365 * DAY],
  [5, "y", 5 * 365 * DAY],
];

/** Return the instants of at most `most` labels between two instants. */
export function timeTicks(start: number, end: number, zone: string, most: number): number[] {
  const step = STEPS.find(([, , length]) => (end - start) / length <= most) ?? STEPS.at(-1);
  if (!step) return [];
  const [amount, unit] = step;
  const ticks: number[] = [];
  let at = startOf(start, { s: "m", m: "h", h: "d", M: "y" }[unit] ?? unit, zone);
  while (at <= end) {
    if (at >= start) ticks.push(at);
    const next = add(at, amount, unit, zone);
    // Hours begin again with each day, so that they stay round over a change of the clock.
    at = unit === "h" ? Math.min(next, add(startOf(at, "d", zone), 1, "d", zone)) : next;
  }
  return ticks;
}

/** Return the labels of ticks: hours or days, and under them what changes more rarely. */
export function tickLabels(ticks: number[], zone: string): string[] {
  const walls = ticks.map((at) => wallOf(at, zone));
  const hasHours = walls.some(([, , , hour, minute, second]) => hour + minute + second > 0);
  const hasDays = walls.some(([, , day]) => day !== 1);
  const two = (value: number) => String(value).padStart(2, "0");
  let last = "";
  const hasSeconds = walls.some(([, , , , , second]) => second !== 0);
  return walls.map(([year, month, day, hour, minute, second]) => {
    const date = `${year}-${two(month)}-${two(day)}`;
    const top = hasHours
      ? `${two(hour)}:${two(minute)}${hasSeconds ? `:${two(second)}` : ""}`
      : hasDays
        ? `${two(month)}-${two(day)}`
        : `${year}-${two(month)}`;
    const below = hasHours ? date : hasDays ? String(year) : "";
    const isNew = below !== last;
    last = below;
    return isNew && below ? `${top}\n${below}` : top;
  });
}
