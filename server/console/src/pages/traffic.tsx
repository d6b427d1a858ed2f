/** Traffic of a model: events over time, together, by environment or by a column; by hour of the week; and their lag. */

import { pulse, useLive } from "../api/pulse";
import { type Binned, readSeries, type Series } from "../api/series";
import type { ChartData, ChartSeries } from "../chart/data";
import { ColumnChoice } from "../ui/column-choice";
import { NothingInRange } from "../ui/nothing-in-range";
import { count } from "../ui/number";
import { Panel } from "../ui/panel";
import { change, place } from "../url/location";
import type { Model, ModelPageProps } from "../url/routes";
import { type Selection, useSelection } from "../url/selection";
import { MarkedChart } from "./marked-chart";
import { ReceiptLag } from "./traffic-lag";
import { WeekHours } from "./traffic-week";

const GROUPED = ["category", "bool", "str", "int"];
const MAX_ENVIRONMENTS = 5;
/** Many lines over many bins are a tangle. */
const MAX_GROUP_BINS = 60;

interface Drawn {
  data: ChartData;
  call: Series["call"];
  revision: string;
}

export function Traffic({ model }: ModelPageProps) {
  const selection = useSelection();
  const by = place.value.query.get("by");
  const title = by === null ? "Events" : by === "environment" ? "Events by environment" : "Events by value";
  const series = useLive(`traffic ${by} ${selection.key}`, selection.revision, (signal) =>
    read(selection, model, by, signal),
  );
  return (
    <>
      <div class="page-head">
        <h1>Traffic</h1>
        <GroupChoice model={model} by={by} />
      </div>
      <Panel title={title} resource={series}>
        {(found) =>
          found.data.rows.every((rows) => rows === 0) ? (
            <NothingInRange selection={selection} />
          ) : (
            <MarkedChart title={title} unit="events" span={[0, null]} write={count} {...found} />
          )
        }
      </Panel>
      <WeekHours selection={selection} />
      <ReceiptLag selection={selection} />
    </>
  );
}

function GroupChoice({ model, by }: { model: Model; by: string | null }) {
  const columns = model.schema.columns.filter((one) => GROUPED.includes(one.data_type)).map((one) => one.name);
  const column = by?.startsWith("column:") ? by.slice("column:".length) : null;
  return (
    <>
      <select
        aria-label="Split events"
        value={column === null ? (by ?? "") : "column"}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          change({ by: chosen === "column" ? `column:${columns[0] ?? ""}` : chosen || null });
        }}
      >
        <option value="">Together</option>
        <option value="environment">By environment</option>
        {columns.length > 0 && <option value="column">By a column</option>}
      </select>
      {column !== null && (
        <ColumnChoice
          label="Column"
          columns={columns}
          value={column}
          choose={(name) => name && change({ by: `column:${name}` })}
        />
      )}
    </>
  );
}

async function read(selection: Selection, model: Model, by: string | null, signal: AbortSignal): Promise<Drawn> {
  if (by === "environment") return readEnvironments(selection, signal);
  const column = by?.startsWith("column:") ? by.slice("column:".length) : null;
  const isKnown = model.schema.columns.some((one) => one.name === column);
  const options = column !== null && isKnown ? { group_by: column, max_bins: MAX_GROUP_BINS } : {};
  const found = await readSeries(selection, [{ measure: "count" }], options, signal);
  const drawn = column !== null && isKnown ? groups(found.now) : together(found);
  return { data: drawn, call: found.call, revision: found.now.data_revision };
}

function together({ now, before }: Series): ChartData {
  const rows = now.groups[0]?.rows ?? [];
  const series: ChartSeries[] = [{ name: "events", values: rows, form: "bars" }];
  const earlier = before?.groups[0]?.rows;
  if (earlier) series.push({ name: "range before", values: fit(earlier, rows.length), isCompared: true });
  return { ...bins(now), rows, series };
}

function groups(now: Binned): ChartData {
  const all = now.groups.map((group) => group.rows);
  const rows = now.complete.map((_, bin) => all.reduce((sum, one) => sum + (one[bin] ?? 0), 0));
  const named = now.groups.filter((group) => group.rows.some((one) => one > 0));
  return {
    ...bins(now),
    rows,
    series: named.map((group) => ({ name: group.is_rest ? "others" : (group.name ?? "no value"), values: group.rows })),
  };
}

/** Read each environment on the same bins; the call is that of the one that is shown. */
async function readEnvironments(selection: Selection, signal: AbortSignal): Promise<Drawn> {
  const environments = (pulse.value?.environments ?? []).slice(0, MAX_ENVIRONMENTS);
  const of = (id: string): Selection => ({
    ...selection,
    compared: null,
    body: { ...selection.body, environment_id: id },
  });
  const found: Series[] = [];
  for (const one of environments) found.push(await readSeries(of(one.id), [{ measure: "count" }], {}, signal));
  const shown = found[environments.findIndex((one) => one.id === selection.environment.id)] ?? found[0];
  if (!shown) throw new Error("the model has no environment");
  const values = found.map(({ now }) => now.groups[0]?.rows ?? []);
  const rows = shown.now.complete.map((_, bin) => values.reduce((sum, one) => sum + (one[bin] ?? 0), 0));
  const series = environments.map((one, n) => ({ name: one.name, values: values[n] ?? [] }));
  return { data: { ...bins(shown.now), rows, series }, call: shown.call, revision: shown.now.data_revision };
}

function bins(now: Binned) {
  return { edges: now.edges, complete: now.complete, binSize: now.bin_size };
}

/** Return as many values as there are bins: ranges before and after a change of the clock may differ by one. */
function fit(values: readonly number[], length: number): (number | null)[] {
  return Array.from({ length }, (_, bin) => values[bin] ?? null);
}
