/** What a definition gives on the events of the page: the count or the figure, and a chart over time. */

import { api, body, type Schemas } from "../api/client";
import { useLive } from "../api/pulse";
import { readSeries, type Series } from "../api/series";
import { Chart } from "../chart/chart";
import type { ChartData } from "../chart/data";
import { count, figure, percent } from "../ui/number";
import { Loaded } from "../ui/states";
import { type Selection, useSelection } from "../url/selection";
import type { Kind } from "./definition-kinds";

type Counted = Schemas["DefinitionPreview"];

interface Props {
  kind: Kind;
  /** A valid definition; null as long as there is none. */
  definition: string | null;
  name: string;
}

interface Found {
  counted: Counted;
  /** All events by bin for a segment, else the metric. */
  all: Series;
  /** The events of the segment. */
  part: Series | null;
}

export function DefinitionPreview({ kind, definition, name }: Props) {
  const selection = useSelection();
  const key = JSON.stringify([kind.kind, definition, selection.key]);
  const found = useLive(key, selection.revision, async (signal) => {
    return definition === null ? null : preview(kind, definition, selection, signal);
  });
  return (
    <section class="preview" aria-label="Preview">
      {definition === null && (
        <p class="quiet">As soon as the definition is valid, it is tried here on the events of the chosen range.</p>
      )}
      {definition !== null && (
        <Loaded resource={found}>{(shown) => shown && <Shown kind={kind} name={name} found={shown} />}</Loaded>
      )}
    </section>
  );
}

async function preview(kind: Kind, definition: string, selection: Selection, signal: AbortSignal): Promise<Found> {
  const counted = await countOf(kind, definition, selection, signal);
  if (kind.kind === "metric") {
    const measures = [{ measure: "custom_metric" as const, definition }];
    return { counted, all: await readSeries(selection, measures, {}, signal), part: null };
  }
  const measures = [{ measure: "count" as const }];
  const of = { ...selection, body: { ...selection.body, segment: { definition } } };
  const [all, part] = await Promise.all([
    readSeries(selection, measures, {}, signal),
    readSeries(of, measures, {}, signal),
  ]);
  return { counted, all, part };
}

/** Try a definition on the events of a selection. Throws RequestFailed. */
export async function countOf(
  { kind }: Kind,
  definition: string,
  { modelId, body: of }: Selection,
  signal: AbortSignal,
): Promise<Counted> {
  const events = { environment_id: of.environment_id, time_range: of.time_range };
  const wanted = { model_id: modelId, kind, definition, preview: events };
  const { data } = await body(api.POST("/v3/monitoring/definitions/check", { body: wanted, signal }));
  return data.preview ?? { rows: 0, data_revision: "" };
}

function Shown({ kind, name, found }: { kind: Kind; name: string; found: Found }) {
  const { counted, all, part } = found;
  return (
    <>
      <p class="verdict" role="status">
        <Verdict of={counted} />
      </p>
      <Chart
        title={name}
        unit={kind.kind === "segment" ? "events" : "value"}
        data={part ? ofSegment(all, part) : ofMetric(all)}
        span={[kind.kind === "segment" ? 0 : null, null]}
        write={kind.kind === "segment" ? count : figure}
        call={(part ?? all).call}
        revision={all.now.data_revision}
      />
    </>
  );
}

/** Say how many events are in a segment, or what a metric is. */
export function Verdict({ of }: { of: Counted }) {
  if (of.figure) {
    const { value, reason } = of.figure;
    return (
      <>
        {value === null ? (
          `No value: ${(reason ?? "undefined").replaceAll("_", " ")}`
        ) : (
          <strong>{figure(value)}</strong>
        )}{" "}
        for {count(of.rows)} events
      </>
    );
  }
  const matching = of.matching ?? 0;
  const share = of.rows ? ` (${percent((100 * matching) / of.rows)})` : "";
  return (
    <>
      <strong>{count(matching)}</strong> of {count(of.rows)} events{share} are in the segment
    </>
  );
}

function ofSegment(all: Series, part: Series): ChartData {
  const rows = all.now.groups[0]?.rows ?? [];
  return {
    edges: all.now.edges,
    complete: all.now.complete,
    binSize: all.now.bin_size,
    rows,
    series: [
      { name: "in the segment", values: part.now.groups[0]?.rows ?? [], form: "line" },
      { name: "all events", values: rows, isCompared: true },
    ],
  };
}

function ofMetric({ now }: Series): ChartData {
  const measured = now.groups[0]?.measures[0];
  return {
    edges: now.edges,
    complete: now.complete,
    binSize: now.bin_size,
    rows: now.groups[0]?.rows ?? [],
    series: [{ name: "value", values: measured?.values ?? [], reasons: measured?.reasons ?? [] }],
  };
}
