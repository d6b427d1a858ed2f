/** All events of the range by time, and those with a value of a wrong type or range. A drag over it shows a part of the range. */

import { useLive } from "../../api/pulse";
import { type Measure, readSeries, type Series } from "../../api/series";
import { Chart } from "../../chart/chart";
import type { ChartData } from "../../chart/data";
import { count } from "../../ui/number";
import { Panel } from "../../ui/panel";
import type { Selection } from "../../url/selection";

/** Values that are missing are left out, because those of targets are labels to come. */
const MEASURES: Measure[] = [
  { measure: "count" },
  { measure: "violations", kind: "type" },
  { measure: "violations", kind: "range" },
];

interface Props {
  selection: Selection;
  isFiltered: boolean;
}

export function Histogram({ selection, isFiltered }: Props) {
  const series = useLive(selection.key, selection.revision, (signal) =>
    readSeries(selection, MEASURES, { max_bins: 120 }, signal),
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
  return {
    edges: now.edges,
    complete: now.complete,
    binSize: now.bin_size,
    rows,
    series: [
      { name: "events", values: rows, form: "bars" },
      { name: "type violations", values: group?.measures[1]?.values ?? [] },
      { name: "range violations", values: group?.measures[2]?.values ?? [] },
    ],
  };
}
