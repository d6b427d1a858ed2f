/** A table, by its columns: each has a head, and shows a cell of a row. A missing column is left out. */

import type { ComponentChildren } from "preact";
import { SortHead } from "./sorting";
import { TableBox } from "./table-box";

export interface Column<T> {
  head: string;
  cell: (row: T) => ComponentChildren;
  /** `name` for what the row is called, `number`, `wrap` for long text, `actions` without a visible head. */
  form?: "name" | "number" | "wrap" | "actions";
  /** The field that the list can be sorted by. */
  sort?: string;
}

interface Props<T> {
  label: string;
  rows: readonly T[];
  columns: readonly (Column<T> | false | null)[];
  id: (row: T) => string;
  title?: (row: T) => string;
  /** The order without one in the address. */
  usual?: string;
}

export function Rows<T>({ label, rows, columns, id, title, usual = "" }: Props<T>) {
  const shown = columns.filter((one): one is Column<T> => !!one);
  return (
    <TableBox label={label}>
      <table>
        <thead>
          <tr>
            {shown.map((one) => (
              <Head key={one.head} of={one} usual={usual} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={id(row)} title={title?.(row)}>
              {shown.map((one) =>
                one.form === "name" ? (
                  <th key={one.head} scope="row">
                    {one.cell(row)}
                  </th>
                ) : (
                  <td key={one.head} class={one.form}>
                    {one.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Head<T>({ of, usual }: { of: Column<T>; usual: string }) {
  if (of.sort) return <SortHead field={of.sort} label={of.head} usual={usual} />;
  return (
    <th scope="col" class={of.form === "number" ? "number" : undefined}>
      {of.form === "actions" ? <span class="hidden">{of.head}</span> : of.head}
    </th>
  );
}
