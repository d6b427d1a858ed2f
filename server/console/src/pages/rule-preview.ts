/** What an alert rule finds in bins of the past, as the server judges it, and as a chart shows it. */

import { api, body, type RequestFailed, type Schemas } from "../api/client";
import { pulse } from "../api/pulse";
import { useResource } from "../api/resource";
import type { ChartData, ChartSeries, Mark, Threshold } from "../chart/data";
import { figure } from "../ui/number";
import { useSettled } from "../ui/settled";
import { add, DAY, HOUR, iso, startOf } from "../url/range";
import type { Model } from "../url/routes";
import { PREVIEWED } from "./rule-draft";
import { nameOf } from "./rule-metric";

type Create = Schemas["AlertRuleCreate"];
type Bin = Schemas["PreviewedAlertBin"];
type Request = Schemas["PreviewAlertRuleRequest"];

export interface Judged {
  request: Request;
  bins: Bin[];
  /** The number of events by bin. */
  rows: number[];
}

export interface Preview {
  judged: Judged | undefined;
  error: RequestFailed | null;
  isLoading: boolean;
  reload: () => void;
  cancel: () => void;
}

const UNITS: Record<Create["bin_size"], string> = { Hour: "h", Day: "d", Week: "w", Month: "M" };
const HALVES: Record<Create["bin_size"], number> = { Hour: HOUR / 2, Day: DAY / 2, Week: 3.5 * DAY, Month: 15 * DAY };
const MAX_JUDGED = 2000;
const MAX_BINS = 744;
const LEAST_BINS = 12;

/** Judge the last bins by a rule that need not exist: those before now, or before the newest event if it is older. */
export function useRulePreview(model: Model, rule: Create | null): Preview {
  const text = useSettled(rule ? JSON.stringify({ ...rule, name: "preview", priority: "LOW" }) : "");
  const newest = pulse.value?.environments[0]?.newest_event?.timestamp;
  const ended = newest && text ? endOfPreview(JSON.parse(text), Date.parse(newest), Date.now()) : "";
  const found = useResource(`${model.id} ${text} ${ended}`, async (signal) => {
    if (!text) return undefined;
    const wanted = JSON.parse(text) as Create;
    const bin_count = Math.min(PREVIEWED[wanted.bin_size].count, Math.floor(MAX_JUDGED / columnsOf(wanted)));
    return judge({ rule: wanted, bin_count, ...(ended && { bin_start: ended }) }, signal);
  });
  const { data, error, isLoading, reload, cancel } = found;
  return { judged: text ? data : undefined, error: text ? error : null, isLoading, reload, cancel };
}

/** Judge the bins of a range by a rule, as many as the server allows. */
export async function judgeRange(rule: Create, start: number, end: number, signal: AbortSignal): Promise<Judged> {
  const unit = UNITS[rule.bin_size];
  const closed = add(startOf(Date.now(), unit, "UTC"), -1, unit, "UTC");
  const last = Math.min(startOf(end - 1, unit, "UTC"), closed);
  const most = Math.min(MAX_BINS, Math.floor(MAX_JUDGED / columnsOf(rule)));
  const isInside = (bins: number) => add(last, -bins, unit, "UTC") >= startOf(start, unit, "UTC");
  let bin_count = 1;
  while (bin_count < most && (bin_count < LEAST_BINS || isInside(bin_count))) bin_count++;
  return judge({ rule, bin_count, bin_start: iso(last) }, signal);
}

/** Return the start of the newest bin with events, empty if bins up to now have events. */
function endOfPreview(rule: Create, newest: number, at: number): string {
  const unit = UNITS[rule.bin_size];
  const { count } = PREVIEWED[rule.bin_size];
  const isRecent = newest >= add(startOf(at, unit, "UTC"), -count, unit, "UTC");
  return isRecent ? "" : iso(startOf(newest, unit, "UTC"));
}

function columnsOf(rule: Create): number {
  return Math.max(rule.feature_names?.length ?? 1, 1);
}

async function judge(request: Request, signal: AbortSignal): Promise<Judged> {
  const { data } = await body(api.POST("/v3/monitoring/alert-rules/preview", { body: request, signal }));
  const edges = edgesOf(data.bins, request.rule.bin_size);
  return { request, bins: data.bins, rows: await rowsOf(request.rule, edges, signal) };
}

async function rowsOf(rule: Create, edges: string[], signal: AbortSignal): Promise<number[]> {
  const wanted: Schemas["SeriesRequest"] = {
    model_id: rule.model_id,
    time_range: { start_time: edges[0] ?? "", end_time: edges.at(-1) ?? "" },
    bin_size: rule.bin_size,
    measures: [{ measure: "count" }],
    ...(rule.segment_id && { segment: { id: rule.segment_id } }),
  };
  const { data } = await body(api.POST("/v3/monitoring/series", { body: wanted, signal }));
  return data.groups?.[0]?.rows ?? [];
}

/** Return the edges of the bins of a preview, which has the same ones for each column. */
export function edgesOf(bins: readonly Bin[], size: Create["bin_size"]): string[] {
  const starts = [...new Set(bins.map((bin) => bin.alert_time_bucket))];
  const last = starts.at(-1) ?? 0;
  return [...starts, add(last, 1, UNITS[size], "UTC")].map(iso);
}

/** Return how many bins would have been a warning, and how many critical. Each of them would be a record. */
export function fired(bins: readonly Bin[]): { warning: number; critical: number } {
  const count = (state: Bin["state"]) => bins.filter((bin) => bin.state === state).length;
  return { warning: count("warning"), critical: count("critical") };
}

/** Return what a chart shows of judged bins. */
export function chartOf({ request, bins, rows }: Judged, marks: readonly Mark[]): ChartData {
  const { rule } = request;
  const columns = [...new Set(bins.map((bin) => bin.feature_name))];
  const edges = edgesOf(bins, rule.bin_size);
  const series = columns.map((column) => seriesOf(rule, column, bins));
  const isAutomatic = rule.threshold_type === "standard_deviation_auto_threshold";
  return {
    edges,
    complete: rows.map(() => true),
    binSize: rule.bin_size,
    rows,
    series: isAutomatic && columns.length === 1 ? [...series, ...limitsOf(bins)] : series,
    thresholds: isAutomatic ? [] : thresholdsOf(rule),
    marks,
  };
}

function seriesOf(rule: Create, column: string | null, bins: readonly Bin[]): ChartSeries {
  const mine = bins.filter((bin) => bin.feature_name === column);
  return {
    name: column === null ? (rule.compare_to === "time_period" ? "change" : "value") : nameOf(column),
    values: mine.map((bin) => (rule.compare_to === "time_period" ? changeOf(bin) : bin.value)),
    reasons: mine.map((bin) => bin.reason),
  };
}

/** Return the change since the earlier bin as a share, null without one and after 0. */
function changeOf({ value, baseline_value: earlier }: Bin): number | null {
  if (value === null || earlier === null) return null;
  if (earlier === 0) return value === 0 ? 0 : null;
  return (value - earlier) / Math.abs(earlier);
}

function thresholdsOf(rule: Create): Threshold[] {
  // A fall is compared with the threshold as a negative number.
  const isFall = rule.compare_to === "time_period" && rule.condition === "lesser";
  const found: Threshold[] = [];
  for (const [name, value] of [
    ["critical", rule.critical_threshold],
    ["warning", rule.warning_threshold],
  ] as const) {
    if (value == null) continue;
    found.push({ name, value: isFall ? -Math.abs(value) : value, isCritical: name === "critical" });
  }
  return found;
}

function limitsOf(bins: readonly Bin[]): ChartSeries[] {
  return [
    { name: "critical threshold", values: bins.map((bin) => bin.critical_threshold), isCompared: true },
    { name: "warning threshold", values: bins.map((bin) => bin.warning_threshold), isCompared: true },
  ];
}

/** Return a mark for each bin that would have fired. */
export function firings({ bins, request }: Judged): Mark[] {
  const half = HALVES[request.rule.bin_size];
  return bins
    .filter((bin) => bin.state === "critical" || bin.state === "warning")
    .map((bin) => ({
      // In the middle of the bin, where its point is.
      at: iso(bin.alert_time_bucket + half),
      text: `${bin.state}${bin.value === null ? "" : ` at ${figure(bin.value)}`}`,
      isBad: bin.state === "critical",
    }));
}
