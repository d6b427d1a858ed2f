/** How the series of a chart are drawn on its canvas. Series differ by dash and marker, not by colour alone. */

import type uPlot from "uplot";
import type { ChartData, ChartSeries } from "./data";

export interface Colours {
  series: string[];
  ground: string;
  text: string;
  quiet: string;
  line: string;
  bad: string;
}

const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3], [], [6, 3], [2, 2], [8, 3, 2, 3]];
const MARKERS = ["circle", "square", "diamond", "triangle"] as const;
const THIN = [3, 3];

export type Marker = (typeof MARKERS)[number];

/** Return how the n-th series looks: the number of its colour, its dash and its marker. */
export function look(n: number): { colour: number; dash: number[]; marker: Marker } {
  return { colour: n % 6, dash: DASHES[n % DASHES.length] ?? [], marker: MARKERS[n % MARKERS.length] ?? "circle" };
}

interface Canvas {
  plot: uPlot;
  context: CanvasRenderingContext2D;
  colours: Colours;
  data: ChartData;
  edges: number[];
  ratio: number;
}

/** Draw what lies behind the series: bins that have not ended are hatched. */
export function drawBehind(canvas: Canvas): void {
  const { plot, context, edges, data } = canvas;
  const { top, height } = plot.bbox;
  context.save();
  clip(canvas);
  for (const [bin, isComplete] of data.complete.entries()) {
    if (isComplete) continue;
    const left = x(canvas, edges[bin] ?? 0);
    hatch(canvas, left, top, x(canvas, edges[bin + 1] ?? 0) - left, height);
  }
  context.restore();
}

/** Draw series, thresholds and marks. */
export function drawSeries(canvas: Canvas, hidden: ReadonlySet<number>): void {
  const { context, data } = canvas;
  context.save();
  clip(canvas);
  context.lineJoin = "round";
  for (const [n, series] of data.series.entries()) {
    if (hidden.has(n)) continue;
    const colour = canvas.colours.series[look(n).colour] ?? canvas.colours.text;
    if (series.band) drawBand(canvas, series.band, colour);
    if (series.form === "bars") drawBars(canvas, series, colour);
    else drawLine(canvas, series, colour, look(n));
  }
  for (const threshold of data.thresholds ?? []) {
    const at = canvas.plot.valToPos(threshold.value, "y", true);
    const colour = threshold.isCritical ? canvas.colours.bad : canvas.colours.quiet;
    stroke(
      canvas,
      colour,
      1.25,
      [5, 3],
      [canvas.plot.bbox.left, at],
      [canvas.plot.bbox.left + canvas.plot.bbox.width, at],
    );
    label(canvas, threshold.name, colour, at);
  }
  for (const mark of data.marks ?? []) drawMark(canvas, Date.parse(mark.at), mark.isBad ?? false);
  context.restore();
}

function clip({ context, plot }: Canvas): void {
  const { left, top, width, height } = plot.bbox;
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
}

function x({ plot }: Canvas, at: number): number {
  return plot.valToPos(at, "x", true);
}

function point(canvas: Canvas, values: readonly (number | null)[], bin: number): [number, number] | null {
  const value = values[bin];
  if (value === null || value === undefined) return null;
  const middle = ((canvas.edges[bin] ?? 0) + (canvas.edges[bin + 1] ?? 0)) / 2;
  return [x(canvas, middle), canvas.plot.valToPos(value, "y", true)];
}

function drawBars(canvas: Canvas, { values }: ChartSeries, colour: string): void {
  const { context, plot, edges, ratio, data } = canvas;
  const zero = plot.valToPos(0, "y", true);
  for (const [bin, value] of values.entries()) {
    if (!value) continue;
    const left = x(canvas, edges[bin] ?? 0);
    const wide = x(canvas, edges[bin + 1] ?? 0) - left;
    const gap = wide > 4 * ratio ? ratio : 0;
    const at = plot.valToPos(value, "y", true);
    context.globalAlpha = data.complete[bin] ? 0.85 : 0.45;
    context.fillStyle = colour;
    context.fillRect(left + gap / 2, at, Math.max(wide - gap, 1), zero - at);
    context.globalAlpha = 1;
  }
}

function drawLine(
  canvas: Canvas,
  series: ChartSeries,
  colour: string,
  { dash, marker }: ReturnType<typeof look>,
): void {
  const points = series.values.map((_, bin) => point(canvas, series.values, bin));
  const isHollow = (bin: number) => series.hollow?.[bin] ?? false;
  const width = series.isCompared ? 1 : 1.75;
  const shade = series.isCompared ? canvas.colours.quiet : colour;
  for (let bin = 1; bin < points.length; bin++) {
    const [from, to] = [points[bin - 1], points[bin]];
    if (!from || !to) continue;
    const isWeak = isHollow(bin - 1) || isHollow(bin) || series.isCompared;
    stroke(canvas, shade, width, isWeak ? THIN : dash, from, to);
  }
  if (series.isCompared) return;
  const isSparse = canvas.plot.bbox.width / points.length > 9 * canvas.ratio;
  for (const [bin, at] of points.entries()) {
    const isAlone = !points[bin - 1] && !points[bin + 1];
    if (at && (isSparse || isAlone || isHollow(bin))) drawMarker(canvas, at, colour, marker, isHollow(bin));
  }
}

function drawBand(canvas: Canvas, band: NonNullable<ChartSeries["band"]>, colour: string): void {
  const { context } = canvas;
  context.fillStyle = colour;
  context.globalAlpha = 0.16;
  let run: [[number, number], [number, number]][] = [];
  const flush = () => {
    if (run.length) {
      context.beginPath();
      for (const [low] of run) context.lineTo(...low);
      for (const [, high] of [...run].reverse()) context.lineTo(...high);
      context.fill();
    }
    run = [];
  };
  for (let bin = 0; bin < band.low.length; bin++) {
    const [low, high] = [point(canvas, band.low, bin), point(canvas, band.high, bin)];
    if (low && high) run.push([low, high]);
    else flush();
  }
  flush();
  context.globalAlpha = 1;
}

function drawMark(canvas: Canvas, at: number, isBad: boolean): void {
  const { plot, context, colours, ratio } = canvas;
  const left = x(canvas, at);
  const { top, height } = plot.bbox;
  const colour = isBad ? colours.bad : colours.quiet;
  stroke(canvas, colour, 1, [], [left, top], [left, top + height]);
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(left - 4 * ratio, top);
  context.lineTo(left + 4 * ratio, top);
  context.lineTo(left, top + 6 * ratio);
  context.fill();
}

function drawMarker(canvas: Canvas, [left, top]: [number, number], colour: string, marker: Marker, isHollow: boolean) {
  const { context, colours, ratio } = canvas;
  const half = 2.75 * ratio;
  context.beginPath();
  if (marker === "circle") context.arc(left, top, half, 0, 2 * Math.PI);
  else if (marker === "square") context.rect(left - half, top - half, 2 * half, 2 * half);
  else {
    const corners = marker === "diamond" ? [0, -1.3, 1.3, 0, 0, 1.3, -1.3, 0] : [0, -1.2, 1.2, 1, -1.2, 1];
    for (let n = 0; n < corners.length; n += 2) {
      context.lineTo(left + (corners[n] ?? 0) * half, top + (corners[n + 1] ?? 0) * half);
    }
    context.closePath();
  }
  context.fillStyle = isHollow ? colours.ground : colour;
  context.fill();
  context.setLineDash([]);
  context.lineWidth = 1.25 * ratio;
  context.strokeStyle = colour;
  context.stroke();
}

function stroke(
  { context, ratio }: Canvas,
  colour: string,
  width: number,
  dash: number[],
  from: [number, number],
  to: [number, number],
): void {
  context.strokeStyle = colour;
  context.lineWidth = width * ratio;
  context.setLineDash(dash.map((length) => length * ratio));
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

function label({ context, plot, ratio }: Canvas, text: string, colour: string, at: number): void {
  const right = plot.bbox.left + plot.bbox.width - 4 * ratio;
  context.font = `${11 * ratio}px system-ui, sans-serif`;
  context.textAlign = "right";
  context.textBaseline = at - plot.bbox.top > 16 * ratio ? "bottom" : "top";
  context.fillStyle = colour;
  context.fillText(text, right, at);
}

function hatch({ context, colours, ratio }: Canvas, left: number, top: number, width: number, height: number): void {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.strokeStyle = colours.line;
  context.lineWidth = ratio;
  context.setLineDash([]);
  context.beginPath();
  for (let at = left - height; at < left + width; at += 6 * ratio) {
    context.moveTo(at, top + height);
    context.lineTo(at + height, top);
  }
  context.stroke();
  context.restore();
}
