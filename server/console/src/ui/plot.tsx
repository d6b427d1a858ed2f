/**
 * A small picture with its keyboard and its table: for bins and curves that are not over time.
 *
 * Left and right move a cursor over its points, Home and End go to the first and the last one; what is there is announced.
 */

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import "./plot.css";
import { TableBox } from "./table-box";
import { Text } from "./text";

interface Props {
  title: string;
  /** What the picture shows, in a sentence. */
  finding: ComponentChildren;
  /** How many points the cursor has. */
  points: number;
  /** What is at a point, in words. */
  say: (point: number) => string;
  head: string[];
  /** The numbers of the picture, as text. */
  rows: () => string[][];
  /** Draw it, with a mark at the cursor. */
  children: (cursor: number | null, point: (at: number | null) => void) => ComponentChildren;
}

export function Plot({ title, finding, points, say, head, rows, children }: Props) {
  const [cursor, setCursor] = useState<number | null>(null);
  const [isTable, setTable] = useState(false);
  const id = useId();
  const press = (event: KeyboardEvent) => {
    const next = moved(event.key, cursor, points);
    if (next === undefined) return;
    event.preventDefault();
    setCursor(next);
  };
  return (
    <figure class="bins-plot">
      <figcaption>
        <span class="bins-head">
          <strong id={id}>{title}</strong>
          <button type="button" class="small" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
            <span class="hidden">{title} as a </span>Table
          </button>
        </span>
        <span class="quiet">{finding}</span>
      </figcaption>
      {isTable ? (
        <Numbers title={title} head={head} rows={rows()} />
      ) : (
        // biome-ignore lint/a11y/useSemanticElements: a group of drawn points, not of form fields.
        <div
          role="group"
          aria-roledescription="chart"
          aria-labelledby={id}
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

function Numbers({ title, head, rows }: { title: string; head: string[]; rows: string[][] }) {
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
          {rows.map(([first = "", ...others], row) => (
            <tr key={row}>
              <th scope="row">
                <Text value={first} />
              </th>
              {others.map((value, place) => (
                <td key={place} class="number">
                  {value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
