/** The figures of the overview: four numbers, each with its course and its change against the range before. */

import { api, body, type Schemas } from "../api/client";
import { type Binned, type Measure, readSeries } from "../api/series";
import { rangeName } from "../chart/data";
import { zone } from "../ui/preferences";
import { freeze, previous } from "../url/range";
import type { Model } from "../url/routes";
import type { Selection } from "../url/selection";

export interface Line {
  /** Null if there is none; `reason` says why. */
  value: number | null;
  reason?: string;
  /** The value now minus that of the range before; null if either is missing. */
  change: number | null;
  course: (number | null)[];
  hollow?: boolean[];
}

export interface Traffic {
  traffic: Line;
  violations: Line;
  performance: Line | null;
  /** What the bins cover, if it is more than the range: bins are whole. */
  covered: string | null;
}

/** Days of three months. */
const MAX_BINS = 93;
const FEW = 30;

/** The metric that stands for the performance of a task, and whether more of it is better. */
export const MAIN_METRICS: Partial<Record<Schemas["ModelTask"], string>> = {
  binary_classification: "accuracy",
  multiclass_classification: "accuracy",
  regression: "mae",
  ranking: "ndcg_mean",
};

/** Read events, violations and the course of the main metric. Throws RequestFailed. */
export async function readTraffic(model: Model, selection: Selection, signal: AbortSignal): Promise<Traffic> {
  const metric = MAIN_METRICS[model.task];
  const measures: Measure[] = [{ measure: "count" }, { measure: "violations" }];
  if (metric) measures.push({ measure: "performance", metric });
  const compared = { ...selection, compared: previous(selection.bounds) };
  const { now, before } = await readSeries(compared, measures, { max_bins: MAX_BINS }, signal);
  const [events, violated] = [countsOf(now, 0), countsOf(now, 1)];
  const [eventsBefore, violatedBefore] = [countsOf(before, 0), countsOf(before, 1)];
  const total = sum(events);
  const ended = now.complete.map((isEnded, bin) => isEnded && bin < eventsBefore.length);
  const [nowEnded, beforeEnded] = [
    sum(events.filter((_, n) => ended[n])),
    sum(eventsBefore.filter((_, n) => ended[n])),
  ];
  const share = total ? (100 * sum(violated)) / total : null;
  const totalBefore = sum(eventsBefore);
  const shareBefore = totalBefore ? (100 * sum(violatedBefore)) / totalBefore : null;
  const course = events.map((rows, bin) => (rows ? (100 * (violated[bin] ?? 0)) / rows : null));
  return {
    traffic: { value: total, change: beforeEnded ? (100 * nowEnded) / beforeEnded - 100 : null, course: events },
    violations: { value: share, change: share === null || shareBefore === null ? null : share - shareBefore, course },
    performance: metric ? performanceCourse(now) : null,
    covered: covered(now, selection),
  };
}

function covered(now: Binned, { bounds }: Selection): string | null {
  const [first, last] = [Date.parse(now.edges[0] ?? ""), Date.parse(now.edges.at(-1) ?? "")];
  const isWithin = first >= bounds.start && (last <= bounds.end || bounds.end > Date.now());
  return isWithin ? null : rangeName(now.edges, zone.value);
}

function performanceCourse(now: Binned): Line {
  const series = now.groups[0]?.measures[2];
  const rows = now.groups[0]?.rows ?? [];
  const hollow = rows.map((all, bin) => (series?.labelled[bin] ?? 0) < Math.max(FEW, all / 2));
  return { value: null, change: null, course: series?.values ?? [], hollow };
}

export interface Performance {
  metric: string;
  value: number | null;
  reason: string | null;
  interval: number[] | null;
  change: number | null;
  labels: Schemas["LabelTotals"];
}

/** Read the main metric of the range, and of the range before; null for a task without one. Throws RequestFailed. */
export async function readPerformance(
  model: Model,
  selection: Selection,
  signal: AbortSignal,
): Promise<Performance | null> {
  const metric = MAIN_METRICS[model.task];
  if (!metric) return null;
  const read = async (request: Selection["body"]) =>
    (await body(api.POST("/v3/monitoring/performance", { body: request, signal }))).data as Required<
      Schemas["ModelPerformance"]
    >;
  const now = await read(selection.body);
  const before = await read(bodyBefore(selection));
  const found = now.metrics.find((one) => one.metric === metric);
  const earlier = before.metrics.find((one) => one.metric === metric)?.figure.value ?? null;
  const value = found?.figure.value ?? null;
  return {
    metric,
    value,
    reason: found?.figure.reason ?? null,
    interval: found?.interval ?? null,
    change: value === null || earlier === null ? null : value - earlier,
    labels: now.labels,
  };
}

export interface Drift extends Line {
  column: string | null;
  baseline: string | null;
}

/** Read the column with the most drift, and its drift in the range before. Throws RequestFailed. */
export async function readDrift(model: Model, selection: Selection, signal: AbortSignal): Promise<Drift> {
  const none = { value: null, change: null, course: [], column: null, baseline: null };
  if (model.schema.columns.length > 100) return { ...none, reason: "more than 100 columns: see the page" };
  const read = async (request: Schemas["ColumnsRequest"]) =>
    (await body(api.POST("/v3/monitoring/columns", { body: request, signal }))).data;
  const { baseline, columns } = await read({ ...selection.body, sort: "drift", limit: 1 });
  const worst = columns?.[0];
  if (!baseline) return { ...none, reason: "no baseline" };
  if (worst?.drift?.value == null) return { ...none, reason: "no value", baseline: baseline.name };
  const before = await read({ ...bodyBefore(selection), search: worst.column, limit: 20 });
  const earlier = before.columns?.find((one) => one.column === worst.column)?.drift?.value ?? null;
  return {
    value: worst.drift.value,
    change: earlier === null ? null : worst.drift.value - earlier,
    course: worst.trend ?? [],
    column: worst.column,
    baseline: baseline.name,
  };
}

function bodyBefore(selection: Selection): Selection["body"] {
  const { from: start_time, to: end_time } = freeze(previous(selection.bounds));
  return { ...selection.body, time_range: { start_time, end_time } };
}

function countsOf(series: Binned | null, measure: number): number[] {
  return (series?.groups[0]?.measures[measure]?.values ?? []).map((value) => value ?? 0);
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
