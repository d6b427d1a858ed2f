/** A metric of performance over time, and under it, always, the share of events that have a label. */

import { api, body, type Schemas } from "../api/client";
import { now, useLive } from "../api/pulse";
import { Chart } from "../chart/chart";
import type { ChartData, Mark } from "../chart/data";
import { count, duration, figure, percent } from "../ui/number";
import { Loaded } from "../ui/states";
import { type Bounds, iso } from "../url/range";
import { useSelection } from "../url/selection";
import { useAlertMarks } from "./alert-marks";
import { dailyBins } from "./daily-bins";
import { isShare, metricName } from "./performance-figures";

const PATH = "/v3/monitoring/series";
/** Below one of these, a bin says little about the metric: its point is hollow. */
const FEW_LABELS = 30;
const FEW_COVERED = 0.5;

type Found = Schemas["BinnedSeries"];
type Totals = Schemas["LabelTotals"];

interface Props {
  metric: string;
  threshold: number | null;
  labels: Totals | undefined;
}

export function PerformanceOverTime({ metric, threshold, labels }: Props) {
  const selection = useSelection();
  const alerts = useAlertMarks(selection);
  const measured = { measure: "performance" as const, metric, ...(threshold === null ? {} : { threshold }) };
  const request = {
    ...selection.body,
    ...dailyBins(selection.bounds),
    measures: [measured, { measure: "labels" as const }],
  };
  const series = useLive(
    JSON.stringify([selection.key, metric, threshold]),
    selection.revision,
    async (signal) => (await body(api.POST(PATH, { body: request, signal }))).data,
  );
  const complete = completeness(labels, selection.bounds, now.value);
  return (
    <section>
      <Loaded resource={series}>
        {(found) => (
          <>
            <Chart
              title={metricName(metric)}
              unit="of events with a label"
              data={metricData(found, metric, [...complete.marks, ...alerts])}
              span={isShare(metric) ? [0, 1] : [0, null]}
              write={figure}
              call={{ path: PATH, body: request }}
              revision={found.data_revision}
            />
            <div class="strip">
              <Chart
                title="Label coverage"
                unit="of events with a label"
                data={coverageData(found)}
                span={[0, 100]}
                write={percent}
                call={{ path: PATH, body: request }}
                revision={found.data_revision}
                height={110}
              />
            </div>
          </>
        )}
      </Loaded>
      <p class="quiet">
        {complete.text} A point is hollow if fewer than {FEW_LABELS} or less than half of its events have a label.
      </p>
    </section>
  );
}

function metricData(found: Found, metric: string, marks: Mark[]): ChartData {
  const [group] = found.groups ?? [];
  const [measure] = group?.measures ?? [];
  const isFew = (bin: number) => {
    const [labelled, rows] = [measure?.labelled[bin] ?? 0, group?.rows[bin] ?? 0];
    return labelled < FEW_LABELS || labelled < FEW_COVERED * rows;
  };
  return {
    ...binsOf(found),
    series: [
      {
        name: metricName(metric),
        values: measure?.values ?? [],
        reasons: measure?.reasons ?? [],
        hollow: (measure?.values ?? []).map((_, bin) => isFew(bin)),
        ...(measure?.lower && measure.upper ? { band: { low: measure.lower, high: measure.upper } } : {}),
      },
    ],
    marks,
  };
}

function coverageData(found: Found): ChartData {
  const coverage = found.groups?.[0]?.measures[1];
  const values = (coverage?.values ?? []).map((value) => (value === null ? null : 100 * value));
  return {
    ...binsOf(found),
    series: [{ name: "Coverage", form: "bars", values, reasons: coverage?.reasons ?? [] }],
  };
}

function binsOf(found: Found) {
  return {
    edges: found.edges ?? [],
    complete: found.complete ?? [],
    binSize: found.bin_size ?? "Day",
    rows: found.groups?.[0]?.rows ?? [],
  };
}

/** Say how late labels are, and mark from when on some are still awaited. */
function completeness(labels: Totals | undefined, bounds: Bounds, present: number): { text: string; marks: Mark[] } {
  const lag = labels?.lags.at(-1) ?? null;
  if (!labels || lag === null) return { text: "", marks: [] };
  const after = `90% of the ${count(labels.timed)} labels came within ${duration(lag)} of their events`;
  const at = present - 1000 * lag;
  if (1000 * lag > bounds.end - bounds.start) {
    return { text: `${after}: they were loaded later, so nothing says when labels are usually complete.`, marks: [] };
  }
  if (at >= bounds.end) return { text: `${after}, so this range is usually complete.`, marks: [] };
  return {
    text: `${after}. To the right of the line, labels are still awaited.`,
    marks: [{ at: iso(at), text: "labels usually complete up to here" }],
  };
}
