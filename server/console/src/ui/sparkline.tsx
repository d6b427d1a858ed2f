/** A line as small as a word: values over time, with gaps where there are none. The last point is marked. */

interface Props {
  values: readonly (number | null)[];
  /** What it shows, for a screen reader. */
  label: string;
  /** Draw from 0, for counts and shares. */
  isFromZero?: boolean;
  /** Points that rest on little data. */
  hollow?: readonly boolean[];
  width?: number;
}

const HEIGHT = 24;
const PAD = 3;

export function Sparkline({ values, label, isFromZero = false, hollow = [], width = 120 }: Props) {
  const known = values.filter((value) => value !== null);
  const low = isFromZero ? 0 : Math.min(...known);
  const high = Math.max(...known);
  const x = (n: number) => (values.length < 2 ? width / 2 : PAD + (n / (values.length - 1)) * (width - 2 * PAD));
  const y = (value: number) => HEIGHT - PAD - (high > low ? (value - low) / (high - low) : 0.5) * (HEIGHT - 2 * PAD);
  const last = values.findLastIndex((value) => value !== null);
  return (
    <svg class="sparkline" width={width} height={HEIGHT} role="img" aria-label={label}>
      <path d={path(values, x, y)} />
      {last >= 0 && <circle class={hollow[last] ? "hollow" : ""} cx={x(last)} cy={y(values[last] ?? 0)} r="2.25" />}
    </svg>
  );
}

function path(values: Props["values"], x: (n: number) => number, y: (value: number) => number): string {
  let isOpen = false;
  const steps: string[] = [];
  for (const [n, value] of values.entries()) {
    if (value !== null) steps.push(`${isOpen ? "L" : "M"}${x(n).toFixed(1)} ${y(value).toFixed(1)}`);
    // A value between two gaps is a short stroke.
    if (value !== null && !isOpen && (values[n + 1] ?? null) === null) steps.push("h0.01");
    isOpen = value !== null;
  }
  return steps.join("");
}
