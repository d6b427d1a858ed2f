/** When the labels of a target came: the share of each bin's events that has one, and how long it took. */

import { api, body, type Schemas } from "../api/client";
import { useLive } from "../api/pulse";
import { Chart } from "../chart/chart";
import type { ChartData } from "../chart/data";
import { count, duration, percent } from "../ui/number";
import { Panel } from "../ui/panel";
import { useSelection } from "../url/selection";

type Found = Required<Schemas["BinnedLabels"]>;

const MAX_BINS = 200;

export function Labels({ name }: { name: string }) {
  const selection = useSelection();
  const title = "Label coverage";
  const found = useLive(`labels ${name} ${selection.key}`, selection.revision, async (signal) => {
    const request = { ...selection.body, target: name, max_bins: MAX_BINS };
    const data = (await body(api.POST("/v3/monitoring/labels", { body: request, signal }))).data as Found;
    const call = { path: "/v3/monitoring/labels", body: request };
    return { labels: data, coverage: coverageData(data), lags: lagData(data), call, revision: data.data_revision };
  });
  return (
    <Panel title={title} resource={found}>
      {({ labels, coverage, lags, call, revision }) => (
        <>
          <Chart
            title={title}
            unit="% of the events"
            data={coverage}
            span={[0, 100]}
            write={percent}
            call={call}
            revision={revision}
          />
          <p class="quiet">
            {count(labels.total.labelled)} of {count(labels.total.rows)} events have a label.
          </p>
          {labels.total.timed > 0 && (
            <Chart
              title="Time from event to label"
              unit="quantiles"
              data={lags}
              span={[null, null]}
              write={duration}
              call={call}
              revision={revision}
            />
          )}
        </>
      )}
    </Panel>
  );
}

function bins({ edges, complete, bin_size: binSize, rows }: Found) {
  return { edges, complete, binSize, rows };
}

function coverageData(found: Found): ChartData {
  const values = found.coverage.map((share) => (share === null ? null : 100 * share));
  return {
    ...bins(found),
    series: [{ name: "with a label", values, reasons: found.rows.map((rows) => (rows ? null : "no events")) }],
  };
}

function lagData(found: Found): ChartData {
  const series = found.levels.map((level, n) => ({
    name: `${Math.round(100 * level)}% of the labels`,
    values: found.lags[n] ?? [],
    reasons: found.reasons,
  }));
  return { ...bins(found), series };
}
