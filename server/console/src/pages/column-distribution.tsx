/** The distribution of a column, beside that of the range before if the page compares. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useLive } from "../api/pulse";
import { Bars } from "../chart/bars";
import { CallDialog } from "../chart/menu";
import { count, figure, percent } from "../ui/number";
import { Panel } from "../ui/panel";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { freeze } from "../url/range";
import { useSelection } from "../url/selection";

type Found = Required<Schemas["ColumnDistribution"]>;
type Side = Schemas["DistributionSide"];

/** Texts and times have no bins. */
const WITHOUT = ["str", "timestamp"];

export function Distribution({ column }: { column: Schemas["Column"] }) {
  if (WITHOUT.includes(column.data_type)) return null;
  return <Shown name={column.name} />;
}

function Shown({ name }: { name: string }) {
  const selection = useSelection();
  const title = "Distribution";
  const found = useLive(`distribution ${name} ${selection.key}`, selection.revision, async (signal) => {
    const { compared, environment, body: base } = selection;
    const request: Schemas["DistributionRequest"] = { ...base, column: name };
    if (compared) {
      const { from: start_time, to: end_time } = freeze(compared);
      request.compare = [{ environment_id: environment.id, time_range: { start_time, end_time } }];
    }
    const data = (await body(api.POST("/v3/monitoring/distribution", { body: request, signal }))).data as Found;
    return { data, call: { path: "/v3/monitoring/distribution", body: request } };
  });
  return (
    <Panel title={title} resource={found} isLow>
      {({ data, call }) => (
        <>
          <Head title={title} found={data} call={call} />
          {data.reason ? (
            <p class="quiet">There are no bins: {data.reason.replaceAll("_", " ")}.</p>
          ) : (
            <>
              <Bars
                label={`${title} of ${name}: ${data.labels.length} bins of ${count(data.sides[0]?.size ?? 0)} values`}
                labels={names(data)}
                sides={data.sides.map((side, n) => ({ name: sideName(n), values: shares(side) }))}
                write={percent}
              />
              <Ends labels={names(data)} />
              <Numbers found={data} />
            </>
          )}
        </>
      )}
    </Panel>
  );
}

function sideName(n: number): string {
  return n === 0 ? "this range" : "range before";
}

/** The names of the bins: numbers are short, as the exact edges are in the API's response. */
function names({ labels, edges }: Found): string[] {
  if (!edges) return labels;
  return labels.map((_, bin) => `${figure(edges[bin] ?? 0)} to ${figure(edges[bin + 1] ?? 0)}`);
}

/** The share of each bin in all values, those outside of the bins included. */
function shares({ counts, below, above, other }: Side): number[] {
  const total = counts.reduce((sum, one) => sum + one, below + above + other) || 1;
  return counts.map((one) => (100 * one) / total);
}

function Head({ title, found, call }: { title: string; found: Found; call: { path: string; body: unknown } }) {
  const [isOpen, setOpen] = useState(false);
  const size = found.sides?.[0]?.size ?? 0;
  return (
    <div class="panel-head">
      <h2>{title}</h2>
      <span class="quiet">share of the values, {count(size)} values</span>
      <span class="spacer" />
      <button type="button" class="small" onClick={() => setOpen(true)}>
        As API call
      </button>
      {isOpen && <CallDialog call={call} revision={found.data_revision} onClose={() => setOpen(false)} />}
    </div>
  );
}

/** The names of the outer bins under the bars; all are in the table. */
function Ends({ labels }: { labels: string[] }) {
  if (labels.length > 12) {
    return (
      <p class="ends quiet small" aria-hidden="true">
        <Text value={labels[0] ?? ""} />
        <Text value={labels.at(-1) ?? ""} />
      </p>
    );
  }
  return (
    <p class="bar-names quiet small" aria-hidden="true">
      {labels.map((label) => (
        <span key={label} title={label}>
          <Text value={label} />
        </span>
      ))}
    </p>
  );
}

function Numbers({ found }: { found: Found }) {
  const { sides } = found;
  const labels = names(found);
  return (
    <div class="side-by-side">
      <TableBox label="Bins">
        <table>
          <thead>
            <tr>
              <th scope="col">Values</th>
              {sides.map((_, n) => (
                <th scope="col" class="number" key={sideName(n)}>
                  {sides.length > 1 ? sideName(n) : "Events"}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...labels, "below", "above", "other", "no value"].map((label, bin) => (
              <BinRow
                key={label}
                label={label}
                counts={sides.map((side) => binCount(side, bin))}
                isAlways={bin < labels.length}
              />
            ))}
          </tbody>
        </table>
      </TableBox>
      {sides[0]?.summary && <Summary sides={sides} />}
    </div>
  );
}

function binCount(side: Side, bin: number): number {
  return [...side.counts, side.below, side.above, side.other, side.nulls][bin] ?? 0;
}

function BinRow({ label, counts, isAlways }: { label: string; counts: number[]; isAlways: boolean }) {
  if (!isAlways && counts.every((one) => one === 0)) return null;
  return (
    <tr>
      <th scope="row">{isAlways ? <Text value={label} /> : <span class="quiet">{label}</span>}</th>
      {counts.map((one, n) => (
        <td class="number" key={sideName(n)}>
          {Number.isInteger(one) ? count(one) : figure(one)}
        </td>
      ))}
    </tr>
  );
}

function Summary({ sides }: { sides: Side[] }) {
  const levels = sides[0]?.summary?.levels ?? [];
  const rows: [string, (side: Side) => number | null | undefined][] = [
    ["least", (side) => side.summary?.minimum],
    ...levels.map((level, n): [string, (side: Side) => number | null | undefined] => [
      `${100 * level}% are below`,
      (side) => side.summary?.quantiles[n],
    ]),
    ["greatest", (side) => side.summary?.maximum],
    ["mean", (side) => side.summary?.mean],
    ["standard deviation", (side) => side.summary?.deviation],
  ];
  return (
    <TableBox label="Summary">
      <table>
        <thead>
          <tr>
            <th scope="col">Summary</th>
            {sides.map((_, n) => (
              <th scope="col" class="number" key={sideName(n)}>
                {sideName(n)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, read]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {sides.map((side, n) => {
                const value = read(side);
                return (
                  <td class="number" key={sideName(n)} title={value == null ? "" : String(value)}>
                    {value == null ? "–" : figure(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
