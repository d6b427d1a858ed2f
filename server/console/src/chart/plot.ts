/** The canvas of a chart: uPlot gives scales, axes, cursor and selection; `draw` draws what is shown. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { type ChartData, instants } from "./data";
import { type Colours, drawBehind, drawSeries } from "./draw";
import { tickLabels, timeTicks } from "./ticks";

export interface PlotOptions {
  data: ChartData;
  zone: string;
  height: number;
  /** Least and greatest value that the axis must have, such as [0, 100]. */
  span: [number | null, number | null];
  hidden: ReadonlySet<number>;
  write: (value: number) => string;
  onBin: (bin: number | null) => void;
  onZoom: (start: number, end: number) => void;
}

const TICK_WIDTH = 84;
const WHOLE_STEPS = Array.from({ length: 15 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();
/** How much of the range has no label at its end, where it would be cut. */
const LAST = 0.025;
const FONT = "11px system-ui, sans-serif";

/** Return the colours of the theme, which a canvas cannot take from a style sheet. */
export function themeColours(element: HTMLElement): Colours {
  const probe = document.createElement("i");
  element.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const series = [1, 2, 3, 4, 5, 6].map((n) => colour(`series-${n}`));
  const [ground, text, quiet, line, bad] = ["ground", "text", "quiet", "line", "bad"].map(colour) as [
    string,
    string,
    string,
    string,
    string,
  ];
  probe.remove();
  return { series, ground, text, quiet, line, bad };
}

/** Draw a chart in an element. */
export function makePlot(element: HTMLElement, options: PlotOptions): uPlot {
  const { data, zone, height, onBin, onZoom } = options;
  const colours = themeColours(element);
  const edges = instants(data.edges);
  const [start, end] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const middles = data.rows.map((_, bin) => ((edges[bin] ?? 0) + (edges[bin + 1] ?? 0)) / 2);
  const canvas = (plot: uPlot) => ({ plot, context: plot.ctx, colours, data, edges, ratio: uPlot.pxRatio });
  const grid = { stroke: colours.line, width: 1 };
  const axis = { stroke: colours.quiet, font: FONT, labelFont: FONT };
  const ticks = { stroke: colours.line, width: 1, size: 4 };
  return new uPlot(
    {
      width: element.clientWidth,
      height,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: 4 },
        bind: { dblclick: () => null },
      },
      scales: { x: { time: false, range: () => [start, end] }, y: { range: () => valueSpan(options) } },
      series: [{}, { show: true, paths: () => null, points: { show: false } }],
      axes: [
        {
          ...axis,
          grid: { show: false },
          ticks,
          size: 38,
          gap: 3,
          splits: (plot) =>
            timeTicks(start, end - LAST * (end - start), zone, Math.max(2, Math.floor(plot.width / TICK_WIDTH))),
          values: (_, splits) => tickLabels(splits, zone),
        },
        {
          ...axis,
          grid,
          ticks: { show: false },
          size: (_, values) => Math.max(56, ...(values ?? []).map((text) => 7 * (text?.length ?? 0) + 10)),
          gap: 6,
          // Half an event has no line.
          ...(isWhole(options) ? { incrs: WHOLE_STEPS } : {}),
          values: (_, splits) => splits.map(options.write),
        },
      ],
      hooks: {
        drawClear: [(plot) => drawBehind(canvas(plot))],
        draw: [(plot) => drawSeries(canvas(plot), options.hidden)],
        setCursor: [(plot) => onBin(binAt(plot, edges))],
        setSelect: [(plot) => select(plot, edges, onZoom)],
      },
    },
    [middles, middles.map(() => null)],
    element,
  );
}

/** Put the cursor on a bin. */
export function pointAt(plot: uPlot, data: ChartData, bin: number | null): void {
  const edges = instants(data.edges);
  const middle = bin === null ? null : ((edges[bin] ?? 0) + (edges[bin + 1] ?? 0)) / 2;
  const left = middle === null ? -10 : plot.valToPos(middle, "x");
  plot.setCursor({ left, top: middle === null ? -10 : 0 }, false);
}

/** Return the bin that a time is in, null if it is in none. */
export function binOf(edges: readonly number[], at: number): number | null {
  if (at < (edges[0] ?? 0) || at >= (edges.at(-1) ?? 0)) return null;
  let [low, high] = [0, edges.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (at < (edges[middle] ?? 0)) high = middle;
    else low = middle;
  }
  return low;
}

function binAt(plot: uPlot, edges: number[]): number | null {
  const { left } = plot.cursor;
  return left === undefined || left < 0 ? null : binOf(edges, plot.posToVal(left, "x"));
}

function select(plot: uPlot, edges: number[], onZoom: PlotOptions["onZoom"]): void {
  const { left, width } = plot.select;
  if (width === 0) return;
  const from = binOf(edges, plot.posToVal(left, "x")) ?? 0;
  const to = binOf(edges, plot.posToVal(left + width, "x")) ?? edges.length - 2;
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onZoom(edges[from] ?? 0, edges[to + 1] ?? 0);
}

function isWhole({ data, span }: PlotOptions): boolean {
  return span[0] === 0 && data.series.every(({ values }) => values.every((value) => Number.isInteger(value ?? 0)));
}

/** Return the least and the greatest value of the axis, with room above. */
function valueSpan({ data, span, hidden }: PlotOptions): [number, number] {
  const shown = data.series.filter((_, n) => !hidden.has(n));
  const all = shown.flatMap(({ values, band }) => [...values, ...(band?.low ?? []), ...(band?.high ?? [])]);
  const known = [...all, ...(data.thresholds ?? []).map(({ value }) => value)].filter((one) => one !== null);
  let low = span[0] ?? Number.POSITIVE_INFINITY;
  let high = span[1] ?? Number.NEGATIVE_INFINITY;
  for (const value of known) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  if (low === high) return low === 0 ? [0, 1] : [low - Math.abs(low) / 10, high + Math.abs(high) / 10];
  const room = (high - low) * 0.06;
  return [low === span[0] ? low : low - room, high === span[1] ? high : high + room];
}
