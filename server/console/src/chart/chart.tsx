/**
 * A chart over time, with all that each of them owes: title, unit, size of bins and number of events in words, the finding,
 * cursor by mouse and keys with polite announcements, legend that toggles, and the menu with table, CSV, PNG, links and API call.
 *
 *   <Chart title="Traffic" unit="events" data={data} span={[0, null]} write={count} call={{path, body}} revision={…} />
 *
 * `span` is what the axis must have: [0, null] for counts, [0, 100] for percentages, [null, null] for others. A drag shows
 * the selected bins on the whole page, and a double click goes back. All charts of a page share the crosshair. The chart is drawn
 * again if `data` is another object, so make it where the response is read, not while drawing.
 */

import { signal, useSignalEffect } from "@preact/signals";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { count } from "../ui/number";
import { theme, zone } from "../ui/preferences";
import { zoom } from "../url/selection";
import { announcement, binWords, type ChartData, finding, instants, mainSeries, rangeName } from "./data";
import { Legend } from "./legend";
import { type ApiCall, Menu } from "./menu";
import { binOf, makePlot, pointAt } from "./plot";
import "./chart.css";
import { TableOf } from "./table";

export interface ChartProps {
  title: string;
  /** What the values are, as `events` or `% of events`. */
  unit: string;
  data: ChartData;
  span: [number | null, number | null];
  write: (value: number) => string;
  /** The request that the numbers come from. */
  call: ApiCall;
  revision: string;
  height?: number;
}

/** The time under the cursor, for all charts of the page. */
const cursorTime = signal<number | null>(null);
const SAY_MS = 200;
let zooms = 0;

export function Chart(props: ChartProps) {
  const { title, unit, data, write } = props;
  const [hidden, setHidden] = useState<ReadonlySet<number>>(new Set());
  const [isTable, setTable] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  const [row, setRow] = useState(() => mainSeries(data));
  const figure = useRef<HTMLElement>(null);
  const canvas = usePlot(props, hidden, setAt);
  const id = useId();
  // From the time, because newer data may have fewer bins.
  const bin = at === null ? null : binOf(instants(data.edges), at);
  const total = data.rows.reduce((sum, one) => sum + one, 0);
  const main = data.series[row] ?? data.series[0];
  const said = main && bin !== null ? announcement(data, main, bin, zone.value, write, unit) : "";
  const keys = cursorKeys(data, row, setRow);
  const toggle = (n: number) => setHidden((last) => (last.has(n) ? without(last, n) : new Set([...last, n])));
  return (
    <figure class="chart" ref={figure} aria-labelledby={`${id}-title`} aria-describedby={`${id}-finding`}>
      <figcaption>
        <h2 id={`${id}-title`}>{title}</h2>
        <span class="quiet">
          {unit === "events" ? "" : `${unit}, `}
          {binWords(data.binSize)}, {count(total)} events
        </span>
        <span class="spacer" />
        <Menu {...props} figure={figure} isTable={isTable} showTable={setTable} />
      </figcaption>
      <p id={`${id}-finding`} class="quiet small">
        {main ? finding(data, main, zone.value, write) : "no values"}
      </p>
      <div
        ref={canvas}
        class="plot"
        role="application"
        aria-roledescription="chart"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move its cursor.
        tabIndex={0}
        aria-label={`${title}, ${rangeName(data.edges, zone.value)} ${zone.value}. Arrow keys read the values.`}
        onKeyDown={keys}
        onBlur={() => {
          cursorTime.value = null;
        }}
        onDblClick={goBack}
      />
      <Legend data={data} bin={bin} hidden={hidden} toggle={toggle} write={write} />
      <Announcer text={said} />
      {isTable && <TableOf {...props} />}
    </figure>
  );
}

function without(all: ReadonlySet<number>, one: number): Set<number> {
  return new Set([...all].filter((other) => other !== one));
}

function goBack() {
  if (zooms === 0) return;
  zooms--;
  history.back();
}

/** Keep a plot of the data in an element, as wide as it. */
function usePlot(props: ChartProps, hidden: ReadonlySet<number>, setAt: (at: number | null) => void) {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const { data, span, write, height = 190 } = props;
  const isDark = useIsDark();
  useLayoutEffect(() => {
    const box = element.current;
    if (!box) return;
    const edges = instants(data.edges);
    const onBin = (bin: number | null) => {
      cursorTime.value = bin === null ? null : ((edges[bin] ?? 0) + (edges[bin + 1] ?? 0)) / 2;
    };
    const onZoom = (start: number, end: number) => {
      zooms++;
      zoom({ start, end });
    };
    const made = makePlot(box, { data, zone: zone.value, height, span, hidden, write, onBin, onZoom });
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height }));
    observer.observe(box);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [data, hidden, zone.value, isDark, height]);
  useSignalEffect(() => {
    const at = cursorTime.value;
    const bin = at === null ? null : binOf(instants(data.edges), at);
    setAt(at);
    if (plot.current) pointAt(plot.current, data, bin);
  });
  return element;
}

/** Return what the keys do: left and right move the cursor by a bin, up and down by a series. */
function cursorKeys(data: ChartData, row: number, setRow: (row: number) => void) {
  const last = data.rows.length - 1;
  const edges = instants(data.edges);
  return (event: KeyboardEvent) => {
    // Not from the state of the component: a held key is faster than a drawing.
    const bin = cursorTime.value === null ? null : binOf(edges, cursorTime.value);
    const target = {
      ArrowLeft: bin === null ? last : Math.max(bin - 1, 0),
      ArrowRight: bin === null ? last : Math.min(bin + 1, last),
      Home: 0,
      End: last,
    }[event.key];
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === "Escape") cursorTime.value = null;
    if (target === undefined && by === undefined) return;
    event.preventDefault();
    if (by) setRow(Math.min(Math.max(row + by, 0), data.series.length - 1));
    const shown = target ?? bin ?? last;
    cursorTime.value = ((edges[shown] ?? 0) + (edges[shown + 1] ?? 0)) / 2;
  };
}

/** Say a text once it has stood for a moment. */
function Announcer({ text }: { text: string }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSaid(text), SAY_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <p class="hidden" aria-live="polite">
      {said}
    </p>
  );
}

function useIsDark(): boolean {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const [isDark, setDark] = useState(system.matches);
  useEffect(() => {
    const change = () => setDark(system.matches);
    system.addEventListener("change", change);
    return () => system.removeEventListener("change", change);
  }, []);
  return theme.value === "auto" ? isDark : theme.value === "dark";
}
