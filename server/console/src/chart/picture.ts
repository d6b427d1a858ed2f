/** The picture of a chart as PNG, with title, range, zone and legend. */

import { zone } from "../ui/preferences";
import { plain } from "../ui/text";
import type { ChartProps } from "./chart";
import { binWords, rangeName } from "./data";
import { look } from "./draw";
import { themeColours } from "./plot";

const HEAD = 46;
const LEGEND_LINE = 18;

/** Return the picture of a figure that holds a chart. */
export async function picture(figure: HTMLElement, { title, unit, data, revision }: ChartProps): Promise<Blob | null> {
  const plot = figure.querySelector("canvas");
  if (!plot) return null;
  const colours = themeColours(figure);
  const ratio = devicePixelRatio;
  const width = plot.width / ratio;
  const made = document.createElement("canvas");
  const context = made.getContext("2d");
  if (!context) return null;
  const rows = arrange(
    context,
    data.series.map(({ name }) => plain(name).slice(0, 60)),
    width,
  );
  made.width = plot.width;
  made.height = plot.height + (HEAD + 8 + LEGEND_LINE * (rows.at(-1)?.row ?? 0) + LEGEND_LINE) * ratio;
  context.scale(ratio, ratio);
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, made.width, made.height);
  context.fillStyle = colours.text;
  context.font = "600 14px system-ui, sans-serif";
  context.fillText(title, 8, 18);
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = colours.quiet;
  const range = `${rangeName(data.edges, zone.value)} ${zone.value}`;
  context.fillText(`${unit}, ${binWords(data.binSize)}, ${range}, data revision ${revision}`, 8, 36, width - 16);
  context.drawImage(plot, 0, HEAD, width, plot.height / ratio);
  for (const [n, { text, left, row }] of rows.entries()) {
    const top = HEAD + plot.height / ratio + LEGEND_LINE * row + 12;
    context.strokeStyle = data.series[n]?.isCompared ? colours.quiet : (colours.series[look(n).colour] ?? colours.text);
    context.lineWidth = data.series[n]?.form === "bars" ? 8 : 2;
    context.setLineDash(data.series[n]?.isCompared ? [3, 3] : look(n).dash);
    context.beginPath();
    context.moveTo(left, top - 4);
    context.lineTo(left + 20, top - 4);
    context.stroke();
    context.fillStyle = colours.text;
    context.fillText(text, left + 26, top);
  }
  return new Promise((resolve) => made.toBlob(resolve, "image/png"));
}

/** Place the names of series in rows. */
function arrange(context: CanvasRenderingContext2D, names: string[], width: number) {
  context.font = "12px system-ui, sans-serif";
  let [left, row] = [8, 0];
  return names.map((text) => {
    const wide = context.measureText(text).width + 44;
    if (left > 8 && left + wide > width) [left, row] = [8, row + 1];
    const place = { text, left, row };
    left += wide;
    return place;
  });
}
