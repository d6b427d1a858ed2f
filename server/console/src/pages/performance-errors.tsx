/** The errors of a regression: how many events have which error. */

import type { Schemas } from "../api/client";
import { count, figure, percent } from "../ui/number";
import { Plot, type Source } from "../ui/plot";
import { plain } from "../ui/text";
import type { Model } from "../url/routes";

const WIDTH = 960;
const HEIGHT = 220;
const BOX = { left: 56, right: 8, top: 8, bottom: 36 };
const TICKS = 5;

type Histogram = NonNullable<Schemas["ErrorHistogram"]>;

export function Errors({ errors, model, source }: { errors: Histogram; model: Model; source: Source }) {
  const { edges, counts } = errors;
  const all = counts.reduce((sum, one) => sum + one, 0);
  const say = (bin: number) =>
    `Error ${range(edges, bin)}: ${count(counts[bin] ?? 0)} events, ${percent((100 * (counts[bin] ?? 0)) / all)}`;
  const names = {
    output: plain(model.spec.outputs?.[0] ?? "output"),
    target: plain(model.spec.targets?.[0] ?? "target"),
  };
  return (
    <Plot
      title="Errors"
      source={source}
      finding={`${names.output} minus ${names.target} of ${count(all)} events: ${percent((100 * below(errors)) / all)} are below 0, that is too low.`}
      points={counts.length}
      say={say}
      head={["Error", "Events", "Share"]}
      rows={() => counts.map((value, bin) => [range(edges, bin), value, value / all])}
    >
      {(cursor, point) => <Picture errors={errors} cursor={cursor} point={point} />}
    </Plot>
  );
}

/** Return how many errors are below 0; in the bin that has 0 inside, in proportion to its width. */
function below({ edges, counts }: Histogram): number {
  return counts.reduce((sum, value, bin) => {
    const [start, end] = [edges[bin] ?? 0, edges[bin + 1] ?? 0];
    if (start >= 0) return sum;
    return sum + (end <= 0 ? value : (value * -start) / (end - start));
  }, 0);
}

function range(edges: readonly number[], bin: number): string {
  return `${figure(edges[bin] ?? 0)} to ${figure(edges[bin + 1] ?? 0)}`;
}

interface PictureProps {
  errors: Histogram;
  cursor: number | null;
  point: (at: number | null) => void;
}

function Picture({ errors: { edges, counts }, cursor, point }: PictureProps) {
  const most = Math.max(...counts, 1);
  const [first, last] = [edges[0] ?? 0, edges.at(-1) ?? 0];
  const inner = { width: WIDTH - BOX.left - BOX.right, height: HEIGHT - BOX.top - BOX.bottom };
  const step = inner.width / counts.length;
  const bottom = BOX.top + inner.height;
  const x = (value: number) =>
    BOX.left + (last > first ? (inner.width * (value - first)) / (last - first) : inner.width / 2);
  return (
    <svg class="wide-plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      {[0, 0.5, 1].map((part) => (
        <g key={part}>
          <path class="grid" d={`M${BOX.left} ${bottom - part * inner.height}H${WIDTH - BOX.right}`} />
          <text class="tick" x={BOX.left - 6} y={bottom - part * inner.height + 3.5} text-anchor="end">
            {count(part * most)}
          </text>
        </g>
      ))}
      {counts.map((value, bin) => (
        <g key={bin} onPointerEnter={() => point(bin)}>
          <rect
            class={cursor === bin ? "here" : "ground"}
            x={BOX.left + bin * step}
            y={BOX.top}
            width={step}
            height={inner.height}
          />
          <rect
            class="bar-now"
            x={BOX.left + bin * step}
            y={bottom - (inner.height * value) / most}
            width={Math.max(step - 1, 0.5)}
            height={(inner.height * value) / most}
          />
        </g>
      ))}
      {first < 0 && last > 0 && <path class="zero" d={`M${x(0)} ${BOX.top}V${bottom}`} />}
      {Array.from({ length: TICKS + 1 }, (_, tick) => first + (tick * (last - first)) / TICKS).map((value) => (
        <text key={value} class="tick" x={x(value)} y={bottom + 14} text-anchor="middle">
          {figure(value)}
        </text>
      ))}
      <text class="tick" x={BOX.left + inner.width / 2} y={HEIGHT - 4} text-anchor="middle">
        error
      </text>
    </svg>
  );
}
