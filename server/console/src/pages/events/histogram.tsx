/** All events of the range by time, and those with a violation. A drag over it shows a part of the range. */

import { useLive } from "../../api/pulse";
import { readSeries, type Series } from "../../api/series";
import { Chart } from "../../chart/chart";
import type { ChartData } from "../../chart/data";
import { count } from "../../ui/number";
import { Panel } from "../../ui/panel";
import type { Selection } from "../../url/selection";

interface Props {
  selection: Selection;
  isFiltered: boolean;
}

export function Histogram({ selection, isFiltered }: Props) {
  const series = useLive(selection.key, selection.revision, (signal) =>
    readSeries(selection, [{ measure: "count" }, { measure: "violations" }], { max_bins: 120 }, signal),
  );
  const title = isFiltered ? "Events of the range, without the filters" : "Events of the range";
  return (
    <Panel title={title} resource={series} isLow>
      {(found) => (
        <Chart
          title={title}
          unit="events"
          data={chartData(found)}
          span={[0, null]}
          write={count}
          call={found.call}
          revision={found.now.data_revision}
          height={96}
        />
      )}
    </Panel>
  );
}

function chartData({ now }: Series): ChartData {
  const group = now.groups[0];
  const rows = group?.rows ?? [];
  const violations = group?.measures[1]?.values ?? [];
  return {
    edges: now.edges,
    complete: now.complete,
    binSize: now.bin_size,
    rows,
    series: [
      { name: "events", values: rows, form: "bars" },
      { name: "violations", values: violations },
    ],
  };
}
