/** The drift of a column over time. Bins with few events have hollow points. */

import { api, body, type Schemas } from "../api/client";
import { useLive } from "../api/pulse";
import { Chart } from "../chart/chart";
import type { ChartData } from "../chart/data";
import { figure } from "../ui/number";
import { Loaded } from "../ui/states";
import { useSelection } from "../url/selection";
import { useAlertMarks } from "./alert-marks";
import { dailyBins } from "./daily-bins";
import type { DriftChoice } from "./drift-choice";
import { FEW_EVENTS } from "./drift-parts";

const PATH = "/v3/monitoring/series";

type Found = Schemas["BinnedSeries"];

export function DriftOverTime({ choice, column }: { choice: DriftChoice; column: string }) {
  const selection = useSelection();
  const alerts = useAlertMarks(selection);
  const drift = { measure: "drift" as const, column, metric: choice.metric, baseline_id: choice.baseline.id };
  const request = { ...selection.body, ...dailyBins(selection.bounds), measures: [drift] };
  const series = useLive(
    JSON.stringify([selection.key, choice.baseline.id, choice.metric]),
    selection.revision,
    async (signal) => (await body(api.POST(PATH, { body: request, signal }))).data,
  );
  return (
    <Loaded resource={series}>
      {(found) => (
        <Chart
          title={`${choice.metric.toUpperCase()} over time`}
          unit={`distance to ${choice.baseline.name}`}
          data={{ ...driftData(found, choice), marks: alerts }}
          span={[0, null]}
          write={figure}
          call={{ path: PATH, body: request }}
          revision={found.data_revision}
        />
      )}
    </Loaded>
  );
}

function driftData(found: Found, choice: DriftChoice): ChartData {
  const [group] = found.groups ?? [];
  const [measure] = group?.measures ?? [];
  const isFew = (bin: number) =>
    Math.min(measure?.sample_sizes[bin] ?? 0, measure?.baseline_sizes[bin] ?? 0) < FEW_EVENTS;
  return {
    edges: found.edges ?? [],
    complete: found.complete ?? [],
    binSize: found.bin_size ?? "Day",
    rows: group?.rows ?? [],
    series: [
      {
        name: choice.metric.toUpperCase(),
        values: measure?.values ?? [],
        reasons: measure?.reasons ?? [],
        hollow: (measure?.values ?? []).map((_, bin) => isFew(bin)),
      },
    ],
    thresholds: [{ name: "drifted", value: choice.limit }],
  };
}
