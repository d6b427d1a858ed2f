/**
 * A heat map as a table: a row for each name, a cell for each bin. It is one stop of the Tab key; arrow keys move
 * between cells, Enter opens one, and each cell names itself.
 *
 *   <HeatMap label="Violations" first="Column" bins={names} rows={rows} top={9} write={count} unit="events" href={…} />
 *
 * A row has `values` from 0 (null is a gap); `top` is the value of the darkest cell. `href` gives the link of a cell; cells of
 * 0 have none, and without it none has.
 */

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { plain, Text } from "../ui/text";
import { unitOf } from "./data";

export interface HeatRow {
  name: string;
  /** The link of the name. */
  href?: string;
  values: readonly (number | null)[];
  /** More columns after the cells, such as totals. */
  more?: ComponentChildren[];
}

interface Props {
  label: string;
  /** The head of the names. */
  first: string;
  /** The names of the bins. */
  bins: readonly string[];
  rows: readonly HeatRow[];
  top: number;
  unit: string;
  write: (value: number) => string;
  href?: (row: HeatRow, bin: number) => string;
  /** Whether a dark cell is a fault. */
  isBad?: boolean;
  /** Heads of the columns after the cells. */
  heads?: string[];
}

const TONES = 8;

export function HeatMap(props: Props) {
  const { label, first, bins, rows, isBad = false, heads = [] } = props;
  const table = useRef<HTMLTableElement>(null);
  return (
    <section class="table-box heat-box" aria-label={label}>
      <table class={isBad ? "heat bad" : "heat"} ref={table} onKeyDown={(event) => walk(event, table.current)}>
        <thead>
          <tr>
            <th scope="col">{first}</th>
            <th scope="col" colSpan={bins.length}>
              <span class="ends">
                <span>{bins[0]}</span>
                <span>{bins.at(-1)}</span>
              </span>
            </th>
            {heads.map((head) => (
              <th scope="col" class="number" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, n) => (
            <Row key={row.name} {...props} row={row} isFirst={n === 0} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ row, isFirst, bins, top, unit, write, href }: Props & { row: HeatRow; isFirst: boolean }) {
  const first = isFirst ? row.values.findIndex((value) => value) : -1;
  return (
    <tr>
      <th scope="row">{row.href ? <a href={row.href}>{<Text value={row.name} />}</a> : <Text value={row.name} />}</th>
      {row.values.map((value, bin) => {
        const name = `${plain(row.name)}, ${bins[bin]}: ${value === null ? "no events" : `${write(value)} ${unitOf(value, unit)}`}`;
        return (
          <td key={bin} class={value ? `hot hot-${tone(value, top)}` : value === null ? "gap" : ""} title={name}>
            {value && href ? (
              <a href={href(row, bin)} tabIndex={bin === first ? 0 : -1}>
                <span class="hidden">{name}</span>
              </a>
            ) : null}
          </td>
        );
      })}
      {row.more?.map((cell, n) => (
        <td class="number" key={`more ${n}`}>
          {cell}
        </td>
      ))}
    </tr>
  );
}

/** Return the tone of a value from 1 to 8, by its root: a single violation must be seen beside a thousand. */
function tone(value: number, top: number): number {
  return Math.min(TONES, Math.max(1, Math.ceil(Math.sqrt(value / (top || 1)) * TONES)));
}

/** Move the focus to the next cell with a link in the direction of an arrow key. */
function walk(event: KeyboardEvent, table: HTMLTableElement | null): void {
  const direction = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  const cell = (event.target as Element).closest("td");
  const line = cell?.closest("tr");
  if (!direction || !cell || !line || !table) return;
  event.preventDefault();
  const [down = 0, right = 0] = direction;
  const lines = [...(table.tBodies[0]?.rows ?? [])];
  let [row, column] = [lines.indexOf(line) + down, cell.cellIndex + right];
  while (row >= 0 && row < lines.length && column > 0 && column < line.cells.length) {
    const found = lines[row]?.cells[column]?.querySelector<HTMLAnchorElement>("a[tabindex]");
    if (found) {
      focusOnly(table, found);
      return;
    }
    [row, column] = [row + down, column + right];
  }
}

function focusOnly(table: HTMLTableElement, cell: HTMLAnchorElement): void {
  for (const other of table.querySelectorAll<HTMLAnchorElement>('a[tabindex="0"]')) other.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
}
