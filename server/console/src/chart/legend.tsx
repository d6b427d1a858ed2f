/** The legend of a chart: it names the series, shows their values under the cursor, and hides them on request. */

import { zone } from "../ui/preferences";
import { plain } from "../ui/text";
import { binName, type ChartData, marksIn, reason } from "./data";
import { look, type Marker } from "./draw";

interface Props {
  data: ChartData;
  bin: number | null;
  hidden: ReadonlySet<number>;
  toggle: (series: number) => void;
  write: (value: number) => string;
}

export function Legend({ data, bin, hidden, toggle, write }: Props) {
  const shownOf = (n: number) => {
    const series = data.series[n];
    if (bin === null || !series) return "";
    const value = series.values[bin];
    return value === null || value === undefined ? reason(series, bin) : write(value);
  };
  return (
    <div class="legend">
      {data.series.map((series, n) => (
        <button
          key={series.name}
          type="button"
          aria-pressed={!hidden.has(n)}
          disabled={data.series.length === 1}
          onClick={() => toggle(n)}
        >
          <Swatch n={n} isBar={series.form === "bars"} isCompared={series.isCompared ?? false} />
          <bdi>{plain(series.name)}</bdi> <span class="strong">{shownOf(n)}</span>
        </button>
      ))}
      {bin !== null && (
        <span class="quiet">
          {binName(data.edges, bin, zone.value)}
          {!data.complete[bin] && ", not ended"}
          {marksIn(data, bin).map((mark) => `, ${plain(mark.text)}`)}
        </span>
      )}
    </div>
  );
}

/** A sample of how a series is drawn. */
export function Swatch({ n, isBar, isCompared }: { n: number; isBar: boolean; isCompared: boolean }) {
  const { colour, dash, marker } = look(n);
  const tone = isCompared ? "swatch compared" : `swatch tone-${colour + 1}`;
  return (
    <svg class={tone} width="22" height="10" aria-hidden="true">
      {isBar ? (
        <rect x="5" y="1" width="12" height="8" />
      ) : (
        <>
          <line x1="0" y1="5" x2="22" y2="5" stroke-dasharray={(isCompared ? [3, 3] : dash).join(" ")} />
          {!isCompared && <Shape marker={marker} />}
        </>
      )}
    </svg>
  );
}

function Shape({ marker }: { marker: Marker }) {
  if (marker === "circle") return <circle cx="11" cy="5" r="3" />;
  if (marker === "square") return <rect x="8" y="2" width="6" height="6" />;
  return <path d={marker === "diamond" ? "M11 1 15 5 11 9 7 5Z" : "M11 1 14.5 8 7.5 8Z"} />;
}
