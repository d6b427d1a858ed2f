/**
 * What a chart over time shows, in numbers and in words.
 *
 * `ChartData` has the bins as the server sent them and one value for each bin and series; null is a gap. Counts of empty
 * bins are 0, not null. `rows` are the events behind each bin, for the words.
 */

import type { Schemas } from "../api/client";
import { inZone } from "../ui/time";
import { DAY, MINUTE } from "../url/range";
import { localIso } from "../url/zone";

export interface ChartSeries {
  name: string;
  values: readonly (number | null)[];
  /** Bars for one count, else a line with a marker of its own. */
  form?: "bars" | "line";
  /** Points that rest on little data: hollow, and joined by dashes. */
  hollow?: readonly boolean[];
  /** An interval around the values. */
  band?: { low: readonly (number | null)[]; high: readonly (number | null)[] };
  /** Values of the range before, drawn as a thin dashed line. */
  isCompared?: boolean;
  /** Why a value is null, in words. */
  reasons?: readonly (string | null)[];
}

export interface Threshold {
  name: string;
  value: number;
  isCritical?: boolean;
}

/** Something that happened, drawn as a thin line with its text. */
export interface Mark {
  at: string;
  text: string;
  isBad?: boolean;
  href?: string;
}

export interface ChartData {
  edges: readonly string[];
  complete: readonly boolean[];
  binSize: Schemas["BinStep"];
  rows: readonly number[];
  series: readonly ChartSeries[];
  thresholds?: readonly Threshold[];
  marks?: readonly Mark[];
}

const BINS: Record<Schemas["BinStep"], string> = {
  "1s": "1 s bins",
  "5s": "5 s bins",
  "15s": "15 s bins",
  "30s": "30 s bins",
  "1min": "1 min bins",
  "5min": "5 min bins",
  "15min": "15 min bins",
  "30min": "30 min bins",
  Hour: "1 h bins",
  "3h": "3 h bins",
  "6h": "6 h bins",
  "12h": "12 h bins",
  Day: "1 d bins",
  Week: "1 week bins",
  Month: "1 month bins",
  Quarter: "1 quarter bins",
};

/** Return the words for a size of bins: `1 h bins`. */
export function binWords(size: Schemas["BinStep"]): string {
  return BINS[size];
}

/** Return the edges in milliseconds. */
export function instants(edges: readonly string[]): number[] {
  return edges.map((edge) => Date.parse(edge));
}

/** Write when a bin starts, as exactly as its length needs: `2013-12-24`, `2013-12-24 09:00` or `2013-12-24 09:00:15`. */
export function binName(edges: readonly string[], bin: number, zone: string): string {
  const start = edges[bin] ?? "";
  const length = Date.parse(edges[bin + 1] ?? start) - Date.parse(start);
  return inZone(start, zone).slice(0, length < MINUTE ? 19 : length < 0.9 * DAY ? 16 : 10);
}

/** Write a range of edges: `2013-12-24 to 2013-12-31`. */
export function rangeName(edges: readonly string[], zone: string): string {
  const last = edges.length - 1;
  const short = (text: string) => text.replace(/ 00:00(:00)?$/, "").slice(0, 16);
  return `${short(inZone(edges[0] ?? "", zone))} to ${short(inZone(edges[last] ?? "", zone))}`;
}

/** Return the number of the series with the greatest value, which is the one to speak of first. */
export function mainSeries({ series }: ChartData): number {
  const tops = series.map(({ values, isCompared }) =>
    isCompared ? Number.NEGATIVE_INFINITY : Math.max(...values.map((value) => value ?? Number.NEGATIVE_INFINITY)),
  );
  return Math.max(tops.indexOf(Math.max(...tops)), 0);
}

/** Say what a series shows: latest, lowest, highest. */
export function finding(data: ChartData, series: ChartSeries, zone: string, write: (value: number) => string): string {
  const known = series.values
    .map((value, bin) => ({ value, bin }))
    .filter((one): one is { value: number; bin: number } => one.value !== null);
  const last = known.at(-1);
  const name = data.series.length > 1 ? `${series.name}: ` : "";
  if (!last) return `${name}no values`;
  const low = known.reduce((best, one) => (one.value < best.value ? one : best));
  const high = known.reduce((best, one) => (one.value >= best.value ? one : best));
  const at = (bin: number) => binName(data.edges, bin, zone);
  const open = data.complete[last.bin] ? "" : ", whose bin has not ended";
  if (low.value === high.value) return `${name}always ${write(low.value)}`;
  return `${name}latest ${write(last.value)}${open}, lowest ${write(low.value)} at ${at(low.bin)}, highest ${write(high.value)} at ${at(high.bin)}`;
}

/** Say what is in a bin of a series: `2013-12-24 14:00, 1,204 events`. */
export function announcement(
  data: ChartData,
  series: ChartSeries,
  bin: number,
  zone: string,
  write: (value: number) => string,
  unit: string,
): string {
  const value = series.values[bin] ?? null;
  const parts = [binName(data.edges, bin, zone)];
  if (data.series.length > 1) parts.push(series.name);
  parts.push(value === null ? reason(series, bin) : `${write(value)} ${unitOf(value, unit)}`.trim());
  if (series.hollow?.[bin]) parts.push("little data");
  if (!data.complete[bin]) parts.push("bin has not ended");
  for (const mark of marksIn(data, bin)) parts.push(mark.text);
  return parts.join(", ");
}

/** Return the unit of a value: one of the events is an event. */
export function unitOf(value: number, unit: string): string {
  return value === 1 && unit === "events" ? "event" : unit;
}

/** Return the marks of a bin. */
export function marksIn(data: ChartData, bin: number): Mark[] {
  const start = Date.parse(data.edges[bin] ?? "");
  const end = Date.parse(data.edges[bin + 1] ?? "");
  return (data.marks ?? []).filter(({ at }) => Date.parse(at) >= start && Date.parse(at) < end);
}

/** Say why a bin has no value. */
export function reason(series: ChartSeries, bin: number): string {
  return (series.reasons?.[bin] ?? "no value").replaceAll("_", " ");
}

/** Write the numbers of a chart as CSV, without rounding; times are in the zone. */
export function toCsv(data: ChartData, zone: string): string {
  const marked = data.marks?.length ? ["marks"] : [];
  const counts = hasCounts(data) ? [] : ["events"];
  const head = ["bin_start", "bin_end", "complete", ...counts, ...data.series.map(({ name }) => name), ...marked];
  const lines = data.rows.map((rows, bin) => [
    localIso(Date.parse(data.edges[bin] ?? ""), zone),
    localIso(Date.parse(data.edges[bin + 1] ?? ""), zone),
    String(data.complete[bin]),
    ...(counts.length ? [exact(rows)] : []),
    ...data.series.map(({ values }) => exact(values[bin] ?? null)),
    ...(marked.length
      ? [
          marksIn(data, bin)
            .map((mark) => mark.text)
            .join("; "),
        ]
      : []),
  ]);
  return [head, ...lines].map((line) => `${line.map(cell).join(",")}\r\n`).join("");
}

/** Return whether the events of each bin are a series themselves. */
export function hasCounts(data: ChartData): boolean {
  return data.series.some(({ values }) => values === data.rows);
}

/** Write a number so that it is read back as the same. */
export function exact(value: number | null): string {
  if (value === null) return "";
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Write a cell of a CSV file. */
export function cell(text: string): string {
  // A spreadsheet would run a name that starts like a formula.
  const safe = /^[=+@\t\r]|^-[^\d]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
