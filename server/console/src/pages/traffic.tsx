/** Traffic of a model: events over time, together or by the values of a column. */

import { useLive } from "../api/pulse";
import { readSeries, type Series } from "../api/series";
import { Chart } from "../chart/chart";
import type { ChartData } from "../chart/data";
import { count } from "../ui/number";
import { Panel } from "../ui/panel";
import type { ModelPageProps } from "../url/routes";
import { useSelection } from "../url/selection";

export function Traffic(_: ModelPageProps) {
  const selection = useSelection();
  const series = useLive(selection.key, selection.revision, async (signal) => {
    const found = await readSeries(selection, [{ measure: "count" }], {}, signal);
    return { ...found, data: chartData(found) };
  });
  return (
    <>
      <div class="page-head">
        <h1>Traffic</h1>
      </div>
      <Panel title="Events" resource={series}>
        {(found) => (
          <Chart
            title="Events"
            unit="events"
            data={found.data}
            span={[0, null]}
            write={count}
            call={found.call}
            revision={found.now.data_revision}
          />
        )}
      </Panel>
    </>
  );
}

function chartData({ now }: Series): ChartData {
  const rows = now.groups[0]?.rows ?? [];
  return {
    edges: now.edges,
    complete: now.complete,
    binSize: now.bin_size,
    rows,
    series: [{ name: "events", values: rows, form: "bars" }],
  };
}
