/** A curve in a square whose axes both go from 0 to 1, with a cursor over its points. */

import type { ComponentChildren } from "preact";
import { type Cell, Plot, type Source } from "./plot";

const SIZE = 260;
const BOX = { left: 34, right: 10, top: 8, bottom: 34 };
const TICKS = [0, 0.25, 0.5, 0.75, 1];

export interface SquarePoint {
  x: number;
  y: number;
  /** Whether it rests on little data: then it is hollow. */
  isHollow?: boolean;
  /** What is there, in words. */
  words: string;
  /** The same as cells of the table. */
  cells: Cell[];
}

interface Props {
  title: string;
  finding: ComponentChildren;
  source: Source;
  axes: { x: string; y: string };
  head: string[];
  points: SquarePoint[];
  /** A place to mark, such as the present threshold. */
  mark?: { x: number; y: number } | null;
  /** Whether equal axes mean something: draws the diagonal. */
  hasDiagonal?: boolean;
  /** Whether each point is drawn, not only the line between them. */
  hasDots?: boolean;
}

export function SquarePlot({ title, finding, source, axes, head, points, mark, hasDiagonal, hasDots }: Props) {
  return (
    <Plot
      title={title}
      finding={finding}
      source={source}
      points={points.length}
      say={(point) => points[point]?.words ?? ""}
      head={head}
      rows={() => points.map((point) => point.cells)}
    >
      {(cursor, point) => (
        <svg
          class="square-plot"
          viewBox={`0 0 ${SIZE} ${SIZE}`}
          aria-hidden="true"
          onPointerMove={(event) => point(nearest(points, placeOf(event)))}
        >
          <Axes axes={axes} />
          {hasDiagonal && <path class="diagonal" d={`M${px(0)} ${py(0)}L${px(1)} ${py(1)}`} />}
          <path class="curve" d={points.map(({ x, y }, at) => `${at ? "L" : "M"}${px(x)} ${py(y)}`).join("")} />
          {hasDots &&
            points.map((one) => (
              <circle
                key={one.words}
                class={one.isHollow ? "dot hollow" : "dot"}
                cx={px(one.x)}
                cy={py(one.y)}
                r="3.5"
              />
            ))}
          {mark && <circle class="mark" cx={px(mark.x)} cy={py(mark.y)} r="4.5" />}
          {cursor !== null && points[cursor] && (
            <circle class="cursor" cx={px(points[cursor].x)} cy={py(points[cursor].y)} r="5" />
          )}
        </svg>
      )}
    </Plot>
  );
}

function Axes({ axes }: { axes: Props["axes"] }) {
  return (
    <>
      {TICKS.map((at) => (
        <g key={at}>
          <path class="grid" d={`M${px(0)} ${py(at)}H${px(1)}M${px(at)} ${py(0)}V${py(1)}`} />
          <text class="tick" x={px(0) - 5} y={py(at) + 3.5} text-anchor="end">
            {at}
          </text>
          <text class="tick" x={px(at)} y={py(0) + 13} text-anchor="middle">
            {at}
          </text>
        </g>
      ))}
      <text class="tick" x={px(0.5)} y={SIZE - 4} text-anchor="middle">
        {axes.x}
      </text>
      <text class="tick" x={px(0) + 6} y={py(1) + 12}>
        {axes.y}
      </text>
    </>
  );
}

function px(x: number): number {
  return BOX.left + x * (SIZE - BOX.left - BOX.right);
}

function py(y: number): number {
  return SIZE - BOX.bottom - y * (SIZE - BOX.top - BOX.bottom);
}

/** Return where the pointer is, in units of the picture. */
function placeOf(event: PointerEvent & { currentTarget: SVGSVGElement }): { x: number; y: number } {
  const box = event.currentTarget.getBoundingClientRect();
  const scale = SIZE / box.width;
  return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
}

function nearest(points: SquarePoint[], at: { x: number; y: number }): number | null {
  const distances = points.map(({ x, y }) => Math.hypot(px(x) - at.x, py(y) - at.y));
  const least = Math.min(...distances);
  return least < 40 ? distances.indexOf(least) : null;
}
