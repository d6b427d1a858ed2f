/**
 * Bars of a distribution in SVG. Up to four sides share the bins: the events first, then what they are compared with.
 *
 *   <Bars labels={labels} sides={[{ name: "now", values: shares }, { name: "training", values: shares }]} write={percent} />
 *
 * Values are counts or shares from 0. `isSmall` is for rows of tables: no labels, 20 pixels high. A label longer than the
 * room is cut; its title has it in full.
 */

import { plain } from "../ui/text";

export interface Side {
  name: string;
  values: readonly number[];
}

interface Props {
  labels: readonly string[];
  sides: readonly Side[];
  write: (value: number) => string;
  /** What it shows, for a screen reader. */
  label: string;
  isSmall?: boolean;
}

const WIDTH = 640;
const SMALL = { width: 120, height: 22 };

export function Bars({ labels, sides, write, label, isSmall = false }: Props) {
  const width = isSmall ? SMALL.width : WIDTH;
  const height = isSmall ? SMALL.height : 160;
  const most = Math.max(...sides.flatMap((side) => side.values), 0) || 1;
  // Two bars as wide as the page are no picture.
  const isFew = !isSmall && labels.length < 6;
  const slot = width / Math.max(labels.length, 1);
  const gap = Math.min(slot * 0.2, 6);
  const wide = (slot - gap) / sides.length;
  return (
    <svg
      class={isFew ? "bars few" : "bars"}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
    >
      {sides.map((side, n) =>
        side.values.map((value, bin) => {
          const tall = (value / most) * (height - 2);
          return (
            <rect
              key={`${side.name} ${labels[bin]}`}
              class={`tone-${n + 1}`}
              x={bin * slot + gap / 2 + n * wide}
              y={height - tall}
              width={Math.max(wide, 0.5)}
              height={tall}
            >
              <title>{`${plain(labels[bin] ?? "")}: ${write(value)}, ${side.name}`}</title>
            </rect>
          );
        }),
      )}
      <line x1="0" x2={width} y1={height} y2={height} class="ground-line" />
    </svg>
  );
}
