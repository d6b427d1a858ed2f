/** Integrity of a model's events: which columns violate the schema, and when. With the name of a column, that column. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useLive } from "../api/pulse";
import { binName, type ChartData, type ChartSeries } from "../chart/data";
import { HeatMap, type HeatRow } from "../chart/heat-map";
import type { ApiCall } from "../chart/menu";
import { NothingInRange } from "../ui/nothing-in-range";
import { count, percent } from "../ui/number";
import { Panel } from "../ui/panel";
import { zone } from "../ui/preferences";
import { Empty } from "../ui/states";
import { Tabs } from "../ui/tabs";
import { change, place } from "../url/location";
import { freeze, type Range } from "../url/range";
import { hasPage, linkToPage, type Model, type ModelPageProps } from "../url/routes";
import { type Selection, useSelection } from "../url/selection";
import { ColumnPage } from "./column";
import { MarkedChart } from "./marked-chart";

const PAGE = 20;
const FIRST = 40;
/** Days of three months. */
const MAX_BINS = 93;
const PATH = "/v3/monitoring/violations";
const KINDS = ["any", "missing", "type", "range"] as const;

export type Kind = (typeof KINDS)[number];
type Binned = Required<Schemas["BinnedViolations"]>;

interface Found extends Binned {
  counts: ChartData;
  shares: ChartData;
  call: ApiCall;
}

export function Integrity({ model, item }: ModelPageProps) {
  return item === null ? <Violations model={model} /> : <ColumnPage key={item} model={model} name={item} />;
}

/** Return the kind of violations that the address names. */
export function kindOf(query: URLSearchParams): Kind {
  return KINDS.find((kind) => kind === query.get("kind")) ?? "any";
}

function Violations({ model }: { model: Model }) {
  const selection = useSelection();
  const { query } = place.value;
  const kind = kindOf(query);
  const isShare = query.get("as") === "share";
  const hasTargets = query.get("targets") === "shown";
  const [limit, setLimit] = useState(FIRST);
  const key = `violations ${limit} ${selection.key}`;
  const found = useLive(key, selection.revision, (signal) => readViolations(selection, limit, signal));
  const options = { kind, isShare, hasTargets };
  return (
    <>
      <Head model={model} options={options} />
      <Panel title="Violations by column" resource={found}>
        {(data) =>
          data.rows.every((rows) => rows === 0) ? (
            <NothingInRange selection={selection} />
          ) : (
            <>
              <ViolationChart data={data} isShare={isShare} />
              <ViolationMap model={model} data={data} options={options} />
              {data.violated > limit && (
                <button type="button" onClick={() => setLimit(limit + FIRST)}>
                  Show {FIRST} more of {count(data.violated)} columns
                </button>
              )}
            </>
          )
        }
      </Panel>
    </>
  );
}

function ViolationChart({ data, isShare }: { data: Found; isShare: boolean }) {
  return (
    <MarkedChart
      title="Events with a violation"
      unit={isShare ? "% of the events" : "without those that only await a label"}
      data={isShare ? data.shares : data.counts}
      span={[0, null]}
      write={isShare ? percent : count}
      call={data.call}
      revision={data.data_revision}
    />
  );
}

function Head({ model, options: { kind, isShare, hasTargets } }: { model: Model; options: Options }) {
  return (
    <div class="page-head">
      <h1>Integrity</h1>
      <Tabs
        label="Kind of violation"
        choices={{ any: "all", missing: "missing", type: "type", range: "range" }}
        now={kind}
        choose={(one) => change({ kind: one === "any" ? null : one })}
      />
      <Tabs
        label="Written as"
        choices={{ count: "count", share: "share" }}
        now={isShare ? "share" : "count"}
        choose={(one) => change({ as: one === "share" ? one : null })}
      />
      {(model.spec.targets ?? []).length > 0 && (
        <label class="check">
          <input
            type="checkbox"
            checked={hasTargets}
            onChange={(event) => change({ targets: event.currentTarget.checked ? "shown" : null })}
          />
          Events that await a label
        </label>
      )}
    </div>
  );
}

/** Read the columns with most violations, some at a time, as the operation allows. */
async function readViolations(selection: Selection, limit: number, signal: AbortSignal): Promise<Found> {
  const read = async (offset: number, other?: Range) => {
    const range = other ? { time_range: { start_time: other.from, end_time: other.to } } : {};
    const request = { ...selection.body, ...range, limit: PAGE, offset, max_bins: MAX_BINS };
    return (await body(api.POST(PATH, { body: request, signal }))).data as Binned;
  };
  const first = await read(0);
  const columns = [...first.columns];
  for (let offset = PAGE; offset < Math.min(limit, first.violated); offset += PAGE) {
    columns.push(...(await read(offset)).columns);
  }
  const before = selection.compared && (await read(0, freeze(selection.compared)));
  const call = { path: PATH, body: { ...selection.body, limit: PAGE, max_bins: MAX_BINS } };
  return { ...first, columns, counts: chartData(first, before, false), shares: chartData(first, before, true), call };
}

function chartData(now: Binned, before: Binned | null, isShare: boolean): ChartData {
  const { edges, complete, bin_size: binSize, rows } = now;
  const valuesOf = ({ events, rows: all }: Binned) =>
    isShare ? events.map((found, bin) => cellOf(found, all[bin] ?? 0, true)) : events;
  const series: ChartSeries[] = [{ name: "events with a violation", values: valuesOf(now), form: "bars" }];
  if (before) {
    const earlier = valuesOf(before);
    series.push({ name: "range before", values: rows.map((_, bin) => earlier[bin] ?? null), isCompared: true });
  }
  return { edges, complete, binSize, rows, series };
}

interface Options {
  kind: Kind;
  isShare: boolean;
  hasTargets: boolean;
}

function ViolationMap({
  model,
  data,
  options: { kind, isShare, hasTargets },
}: {
  model: Model;
  data: Found;
  options: Options;
}) {
  const targets = new Set(model.spec.targets ?? []);
  const bins = data.complete.map((_, bin) => binName(data.edges, bin, zone.value));
  const columns = data.columns
    .filter((one) => one.totals[kind] > 0 && (hasTargets || !isAwaited(one, kind, targets)))
    .sort((one, other) => other.totals[kind] - one.totals[kind]);
  const write = isShare ? percent : count;
  const rows = columns.map((column) => rowOf(model, data, column, kind, isShare));
  if (rows.length === 0) return <NoViolation kind={kind} />;
  return (
    <>
      <Summary data={data} shown={rows.length} />
      <HeatMap
        label="Violations by column and time"
        first="Column"
        bins={bins}
        rows={rows}
        top={Math.max(...rows.flatMap(({ values }) => values.map((value) => value ?? 0)))}
        unit={isShare ? "of the events" : "events"}
        write={write}
        isBad
        heads={["Events", "Share"]}
        href={(row, bin) => cellLink(model, row.name, kind, data.edges, bin)}
      />
    </>
  );
}

function rowOf(
  model: Model,
  data: Found,
  violated: Schemas["ColumnViolations"],
  kind: Kind,
  isShare: boolean,
): HeatRow {
  const { column, totals, bins } = violated;
  const total = sum(data.rows);
  return {
    name: column,
    href: linkToPage(model.id, "integrity", column, { kind: kind === "any" ? null : kind }),
    values: bins[kind].map((found, bin) => cellOf(found, data.rows[bin] ?? 0, isShare)),
    more: [count(totals[kind]), total ? percent((100 * totals[kind]) / total) : "–"],
  };
}

/** The events behind a cell, if there is a page of events, else the column in that time. */
function cellLink(model: Model, column: string, kind: Kind, edges: readonly string[], bin: number): string {
  const time = { from: edges[bin] ?? null, to: edges[bin + 1] ?? null };
  if (!hasPage("events")) return linkToPage(model.id, "integrity", column, time);
  const f = `any_violation:${encodeURIComponent(column)}:${kind === "any" ? "" : kind}`;
  return linkToPage(model.id, "events", null, { ...time, f });
}

/** A target without a value awaits its label, which is no fault. */
function isAwaited({ column, totals }: Schemas["ColumnViolations"], kind: Kind, targets: ReadonlySet<string>): boolean {
  return targets.has(column) && (kind === "missing" || (kind === "any" && totals.any === totals.missing));
}

function cellOf(found: number, events: number, isShare: boolean): number | null {
  if (events === 0) return null;
  return isShare ? (100 * found) / events : found;
}

function Summary({ data, shown }: { data: Found; shown: number }) {
  const [events, violated] = [sum(data.rows), sum(data.events)];
  return (
    <p class="quiet">
      {count(violated)} of {count(events)} events ({percent((100 * violated) / (events || 1))}) have a violation;{" "}
      {shown === 1 ? "1 column" : `${count(shown)} columns`}. A cell opens its events.
    </p>
  );
}

function NoViolation({ kind }: { kind: Kind }) {
  return (
    <Empty title={kind === "any" ? "No event violates the schema." : `No event has a violation of the kind ${kind}.`}>
      {kind !== "any" && (
        <button type="button" onClick={() => change({ kind: null })}>
          Show all kinds
        </button>
      )}
    </Empty>
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
