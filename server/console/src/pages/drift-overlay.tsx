/** Two distributions over the same bins, one over the other, and what each bin adds to the drift. */

import { figure, percent } from "../ui/number";
import { type Cell, Plot, type Source } from "../ui/plot";
import { plain } from "../ui/text";
import type { Metric, Part } from "./drift-parts";

const WIDTH = 960;
const HEIGHT = 280;
const BOX = { left: 44, right: 8, top: 8, bottom: 50 };
const INNER = { width: WIDTH - BOX.left - BOX.right, height: HEIGHT - BOX.top - BOX.bottom };
/** The least place for a name and for an edge. */
const NAME_WIDTH = 26;
const EDGE_WIDTH = 46;
/** The height of the longest bar for what a bin adds to the drift. */
const ADDS = 24;

export interface Missing {
  before: number | null;
  now: number | null;
}

interface Props {
  parts: Part[];
  missing: Missing;
  metric: Metric;
  names: { before: string; now: string };
  /** The edges of bins of numbers. */
  edges: readonly number[] | null;
  source: Source;
}

interface Bar {
  label: string;
  before: number;
  now: number;
  isMissing: boolean;
}

export function Overlay({ parts, missing, metric, names, edges, source }: Props) {
  const bars = barsOf(parts, missing);
  const sum = parts.reduce((all, part) => all + part.term, 0);
  const most = parts.reduce<Part | null>((best, part) => (best && best.term >= part.term ? best : part), null);
  const say = (bar: number) => describe(bars[bar], parts[bar], sum, names);
  const finding =
    most && sum > 0 ? (
      <>
        “<bdi>{plain(most.label)}</bdi>” makes {percent((100 * most.term) / sum)} of the drift:{" "}
        {percent(100 * most.beforeShare)} of the baseline, {percent(100 * most.nowShare)} now.
      </>
    ) : (
      "Both are the same."
    );
  return (
    <Plot
      title="Both distributions"
      source={source}
      finding={finding}
      points={bars.length}
      say={say}
      head={["Bin", names.before, "Share", names.now, "Share", metric === "jsd" ? "Adds to JSD²" : "Adds to PSI"]}
      rows={() => [...parts.map(row), ["null", null, missing.before, null, missing.now, null]]}
    >
      {(cursor, point) => (
        <>
          <p class="bins-legend">
            <span class="key key-before" /> {names.before} <span class="key key-now" /> {names.now}{" "}
            <span class="quiet">Below each bin: what it adds to the drift.</span>
          </p>
          <Picture bars={bars} parts={parts} edges={edges} cursor={cursor} point={point} />
        </>
      )}
    </Plot>
  );
}

function barsOf(parts: Part[], missing: Missing): Bar[] {
  const bars = parts.map((part) => ({
    label: part.label,
    before: part.beforeShare,
    now: part.nowShare,
    isMissing: false,
  }));
  return [...bars, { label: "null", before: missing.before ?? 0, now: missing.now ?? 0, isMissing: true }];
}

function describe(bar: Bar | undefined, part: Part | undefined, sum: number, names: Props["names"]): string {
  if (!bar) return "";
  const shares = `${names.before} ${percent(100 * bar.before)}, ${names.now} ${percent(100 * bar.now)}`;
  if (bar.isMissing || !part) return `null: ${shares} of all events, which is not part of the drift`;
  const added = sum > 0 ? `, ${percent((100 * part.term) / sum)} of the drift` : "";
  return `${plain(bar.label)}: ${shares}${added}`;
}

function row(part: Part): Cell[] {
  return [part.label, part.before, part.beforeShare, part.now, part.nowShare, part.term];
}

interface PictureProps {
  bars: Bar[];
  parts: Part[];
  edges: readonly number[] | null;
  cursor: number | null;
  point: (at: number | null) => void;
}

/** Where bars and shares are in the picture. */
interface Scale {
  step: number;
  left: (bar: number) => number;
  y: (share: number) => number;
  top: number;
}

function Picture({ bars, parts, edges, cursor, point }: PictureProps) {
  const scale = scaleOf(bars);
  const most = Math.max(...parts.map((part) => part.term));
  return (
    <svg class="wide-plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <Shares scale={scale} />
      {bars.map((bar, place) => (
        <g key={bar.isMissing ? "null" : `=${bar.label}`} onPointerEnter={() => point(place)}>
          <rect
            class={cursor === place ? "here" : "ground"}
            x={scale.left(place)}
            y={BOX.top}
            width={scale.step}
            height={INNER.height}
          />
          <Pair
            bar={bar}
            place={place}
            scale={scale}
            gap={gapOf(bar, edges)}
            added={most > 0 ? (parts[place]?.term ?? 0) / most : 0}
          />
        </g>
      ))}
      <Names bars={bars} edges={edges} scale={scale} />
    </svg>
  );
}

function scaleOf(bars: Bar[]): Scale {
  const top = niceTop(Math.max(...bars.map((bar) => Math.max(bar.before, bar.now))));
  // The last bar is for nulls, and half a bar apart.
  const step = INNER.width / (bars.length + 0.5);
  return {
    step,
    top,
    left: (bar) => BOX.left + step * (bar + (bars[bar]?.isMissing ? 0.5 : 0)),
    y: (share) => BOX.top + INNER.height * (1 - share / top),
  };
}

function Shares({ scale: { y, top } }: { scale: Scale }) {
  return (
    <>
      {[0, 0.25, 0.5, 0.75, 1].map((part) => (
        <g key={part}>
          <path class="grid" d={`M${BOX.left} ${y(part * top)}H${WIDTH - BOX.right}`} />
          <text class="tick" x={BOX.left - 6} y={y(part * top) + 3.5} text-anchor="end">
            {percent(100 * part * top)}
          </text>
        </g>
      ))}
      <text class="tick" x={BOX.left - 6} y={HEIGHT - ADDS + 6} text-anchor="end">
        adds
      </text>
    </>
  );
}

interface PairProps {
  bar: Bar;
  place: number;
  scale: Scale;
  /** The part of the bin that is free on either side. */
  gap: number;
  added: number;
}

/** Return the free part beside a bar: bins between edges touch, as their values do. */
function gapOf(bar: Bar, edges: PictureProps["edges"]): number {
  if (bar.isMissing) return 0.2;
  return edges ? 0.01 : 0.1;
}

/** Both shares of a bin, and under them what it adds: 1 for the bin that adds most. */
function Pair({ bar, place, scale, gap, added }: PairProps) {
  const { step, y } = scale;
  const left = scale.left(place) + step * gap;
  const width = step * (1 - 2 * gap);
  return (
    <>
      <rect class="bar-now" x={left} y={y(bar.now)} width={width} height={Math.max(0, y(0) - y(bar.now))} />
      <path class="line-before" d={`M${left} ${y(0)}V${y(bar.before)}H${left + width}V${y(0)}`} />
      {!bar.isMissing && (
        <rect class="adds" x={left} y={HEIGHT - ADDS - 4} width={width} height={Math.max(0, ADDS * added)} />
      )}
    </>
  );
}

/** The names of bins, or the edges between them, as many as there is place for. */
function Names({ bars, edges, scale }: { bars: Bar[]; edges: readonly number[] | null; scale: Scale }) {
  const { step, left, y } = scale;
  const first = bars[0]?.label === "below" ? 1 : 0;
  const every = Math.ceil((edges ? EDGE_WIDTH : NAME_WIDTH) / step);
  const text = (key: string, x: number, words: string) => (
    <text key={key} class="tick" x={x} y={y(0) + 14} text-anchor="middle">
      {words}
    </text>
  );
  return (
    <>
      {edges?.map((edge, n) => n % every === 0 && text(String(edge), left(first + n), figure(edge)))}
      {bars.map((bar, place) => {
        const isNamed = edges ? bar.isMissing : place % every === 0 || bar.isMissing;
        return isNamed && text(bar.label, left(place) + step / 2, short(bar.label, (step * every) / 6.5));
      })}
    </>
  );
}

/** Return the end of an axis of shares that is at least this high. */
function niceTop(share: number): number {
  return [0.04, 0.1, 0.2, 0.4, 0.6, 0.8].find((one) => one >= share) ?? 1;
}

function short(label: string, length: number): string {
  const text = plain(label);
  const most = Math.max(3, Math.floor(length));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
