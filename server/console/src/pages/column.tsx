/** One column of a model: its violations, the values behind them, its distribution, and for a target when labels came. */

import { api, body, type Schemas } from "../api/client";
import { useLive } from "../api/pulse";
import { Chart } from "../chart/chart";
import type { ChartData } from "../chart/data";
import { ColumnChoice } from "../ui/column-choice";
import { count } from "../ui/number";
import { Panel } from "../ui/panel";
import { Empty } from "../ui/states";
import { Text } from "../ui/text";
import { go } from "../url/location";
import { linkToPage, type Model } from "../url/routes";
import { useSelection } from "../url/selection";
import { Distribution } from "./column-distribution";
import { Labels } from "./column-labels";
import { ViolatingValues } from "./column-values";
import { roleOf, rule } from "./column-words";

const MAX_BINS = 200;
const UNIT = "events with a violation";

export function ColumnPage({ model, name }: { model: Model; name: string }) {
  const column = model.schema.columns.find((one) => one.name === name);
  if (!column) {
    return (
      <Empty title={`The model has no column “${name}”.`}>
        <a href={linkToPage(model.id, "integrity")}>All columns</a>
      </Empty>
    );
  }
  const isTarget = (model.spec.targets ?? []).includes(name);
  return (
    <>
      <div class="page-head">
        <h1>
          <a href={linkToPage(model.id, "integrity")}>Integrity</a> / <Text value={name} />
        </h1>
        <span class="spacer" />
        <ColumnChoice
          label="Another column"
          columns={model.schema.columns.map((one) => one.name)}
          value={null}
          choose={(chosen) => chosen && go(linkToPage(model.id, "integrity", chosen))}
        />
      </div>
      <p class="quiet">
        {roleOf(model, name)}, {column.data_type}, allowed: <Text value={rule(column)} />
      </p>
      <Violations model={model} column={column} isTarget={isTarget} />
      {isTarget && <Labels name={name} />}
      <Distribution column={column} />
    </>
  );
}

interface Found {
  data: ChartData;
  values: Schemas["ViolatingValue"][];
  call: { path: string; body: unknown };
  revision: string;
  edges: string[];
}

function Violations({ model, column, isTarget }: { model: Model; column: Schemas["Column"]; isTarget: boolean }) {
  const selection = useSelection();
  const title = "Violations";
  const found = useLive(
    `column ${column.name} ${selection.key}`,
    selection.revision,
    async (signal): Promise<Found> => {
      const request = { ...selection.body, columns: [column.name], values_of: column.name, max_bins: MAX_BINS };
      const { data } = await body(api.POST("/v3/monitoring/violations", { body: request, signal }));
      const call = { path: "/v3/monitoring/violations", body: request };
      return drawn(data as Required<Schemas["BinnedViolations"]>, call, isTarget);
    },
  );
  return (
    <Panel title={title} resource={found} isLow>
      {({ data, values, call, revision, edges }) =>
        values.length === 0 ? (
          <>
            <div class="panel-head">
              <h2>{title}</h2>
            </div>
            <p class="quiet">No event of this range violates the column.</p>
          </>
        ) : (
          <>
            <Chart title={title} unit={UNIT} span={[0, null]} {...{ data, call, revision }} write={count} />
            <ViolatingValues model={model} column={column.name} values={values} edges={edges} />
          </>
        )
      }
    </Panel>
  );
}

function drawn(found: Required<Schemas["BinnedViolations"]>, call: Found["call"], isTarget: boolean): Found {
  const bins = found.columns[0]?.bins;
  const kinds = [
    { name: isTarget ? "awaiting a label" : "missing", values: bins?.missing ?? [] },
    { name: "type", values: bins?.type ?? [] },
    { name: "range", values: bins?.range ?? [] },
  ];
  const hasAny = ({ values }: { values: number[] }) => values.some((value) => value > 0);
  const data = {
    edges: found.edges,
    complete: found.complete,
    binSize: found.bin_size,
    rows: found.rows,
    series: kinds.filter(hasAny),
  };
  return { data, values: found.values ?? [], call, revision: found.data_revision, edges: found.edges };
}
