/** How long events took from their own time to their receipt. */

import { useLive } from "../api/pulse";
import { type Measure, readSeries } from "../api/series";
import { Chart } from "../chart/chart";
import type { ChartData } from "../chart/data";
import { duration } from "../ui/number";
import { Panel } from "../ui/panel";
import type { Selection } from "../url/selection";

const LEVELS = [0.5, 0.9, 0.99];

export function ReceiptLag({ selection }: { selection: Selection }) {
  const title = "Time from event to receipt";
  const found = useLive(`lag ${selection.key}`, selection.revision, async (signal) => {
    const measures = LEVELS.map((level): Measure => ({ measure: "receipt_lag", level }));
    const { now, call } = await readSeries({ ...selection, compared: null }, measures, {}, signal);
    const group = now.groups[0];
    const data: ChartData = {
      edges: now.edges,
      complete: now.complete,
      binSize: now.bin_size,
      rows: group?.rows ?? [],
      series: LEVELS.map((level, n) => ({
        name: `${Math.round(100 * level)}% of the events`,
        values: group?.measures[n]?.values ?? [],
        reasons: group?.measures[n]?.reasons ?? [],
      })),
    };
    return { data, call, revision: now.data_revision };
  });
  return (
    <Panel title={title} resource={found}>
      {(shown) =>
        shown.data.rows.some((rows) => rows > 0) && (
          <Chart title={title} unit="at most" span={[null, null]} write={duration} {...shown} />
        )
      }
    </Panel>
  );
}
