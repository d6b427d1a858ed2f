/**
 * A picture that is not over time, with its keyboard and its menu: bins and curves.
 *
 * Left and right move a cursor over its points, Home and End go to the first and the last one; what is there is announced.
 */

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { cell, exact } from "../chart/data";
import { type ApiCall, FigureMenu } from "../chart/menu";
import { iso } from "../url/range";
import { useSelection } from "../url/selection";
import { count, figure } from "./number";
import "./plot.css";
import { TableBox } from "./table-box";
import { Text } from "./text";
import { inZone } from "./time";

export type Cell = string | number | null;

/** The request that the numbers of a picture come from, and the data revision of the response. */
export interface Source {
  call: ApiCall;
  revision: string;
}

interface Props {
  title: string;
  /** What the picture shows, in a sentence. */
  finding: ComponentChildren;
  source: Source;
  /** How many points the cursor has. */
  points: number;
  /** What is at a point, in words. */
  say: (point: number) => string;
  head: string[];
  /** The numbers of the picture. */
  rows: () => Cell[][];
  /** Draw it, with a mark at the cursor. */
  children: (cursor: number | null, point: (at: number | null) => void) => ComponentChildren;
}

export function Plot({ title, finding, source, points, say, head, rows, children }: Props) {
  const [cursor, setCursor] = useState<number | null>(null);
  const [isTable, showTable] = useState(false);
  const id = useId();
  const when = useRangeName();
  const press = (event: KeyboardEvent) => {
    const next = moved(event.key, cursor, points);
    if (next === undefined) return;
    event.preventDefault();
    setCursor(next);
  };
  return (
    <figure class="bins-plot" aria-labelledby={id}>
      <figcaption>
        <span class="bins-head">
          <strong id={id}>{title}</strong>
          <PlotMenu {...{ title, source, head, rows, isTable, showTable }} />
        </span>
        <span class="quiet">{finding}</span>
      </figcaption>
      {isTable ? (
        <Numbers title={title} head={head} rows={rows()} />
      ) : (
        <div
          role="application"
          aria-roledescription="chart"
          aria-label={`${title}, ${when}. Arrow keys read the values.`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move its cursor.
          tabIndex={0}
          class="bins-area"
          onKeyDown={press}
          onBlur={() => setCursor(null)}
          onPointerLeave={() => setCursor(null)}
        >
          {children(cursor, setCursor)}
        </div>
      )}
      <p class="bins-said quiet" aria-live="polite">
        {cursor === null || isTable ? "\u00a0" : say(cursor)}
      </p>
    </figure>
  );
}

/** Return the range of the page in words. */
function useRangeName(): string {
  const { bounds, zone } = useSelection();
  const [start, end] = [bounds.start, bounds.end].map((at) => inZone(iso(at), zone).slice(0, 16));
  return `${start} to ${end} ${zone}`;
}

interface MenuProps extends Pick<Props, "title" | "source" | "head" | "rows"> {
  isTable: boolean;
  showTable: (is: boolean) => void;
}

function PlotMenu({ title, source, head, rows, isTable, showTable }: MenuProps) {
  const write = (value: Cell) => cell(typeof value === "string" ? value : exact(value));
  const csv = () => [head, ...rows()].map((line) => `${line.map(write).join(",")}\r\n`).join("");
  return <FigureMenu {...source} {...{ title, isTable, showTable, csv }} />;
}

function moved(key: string, cursor: number | null, points: number): number | null | undefined {
  if (points === 0) return undefined;
  switch (key) {
    case "ArrowRight":
      return cursor === null ? 0 : Math.min(cursor + 1, points - 1);
    case "ArrowLeft":
      return cursor === null ? points - 1 : Math.max(cursor - 1, 0);
    case "Home":
      return 0;
    case "End":
      return points - 1;
    case "Escape":
      return null;
    default:
      return undefined;
  }
}

function Numbers({ title, head, rows }: { title: string; head: string[]; rows: Cell[][] }) {
  return (
    <TableBox label={`${title}, numbers`}>
      <table>
        <thead>
          <tr>
            {head.map((name, place) => (
              <th key={name} scope="col" class={place ? "number" : ""}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([first, ...others], row) => (
            <tr key={row}>
              <th scope="row">
                <Text value={shown(first ?? "")} />
              </th>
              {others.map((value, place) => (
                <td key={place} class="number" title={value === null ? "" : String(value)}>
                  {shown(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function shown(value: Cell): string {
  if (value === null) return "–";
  if (typeof value === "string") return value;
  return Number.isInteger(value) ? count(value) : figure(value);
}
