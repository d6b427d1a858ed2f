/** Counts of the last minutes as bars; the last minute is not over, and hatched. Its table is part of the page. */

interface Props {
  values: readonly number[];
  /** What each bar shows in words, as `14:03, 1,204 events`. */
  names: readonly string[];
  label: string;
}

const SLOT = 6;
const HEIGHT = 40;
const MINUTES = 60;

export function MinuteBars({ values, names, label }: Props) {
  const most = Math.max(...values, 0) || 1;
  const first = MINUTES - values.length;
  return (
    <svg
      class="minute-bars"
      viewBox={`0 0 ${MINUTES * SLOT} ${HEIGHT}`}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
    >
      {values.map((value, n) => {
        const tall = value ? Math.max((value / most) * (HEIGHT - 1), 1.5) : 0;
        return (
          <rect
            key={names[n]}
            class={n === values.length - 1 ? "open" : ""}
            x={(first + n) * SLOT}
            y={HEIGHT - 1 - tall}
            width={SLOT - 1.5}
            height={tall}
          >
            <title>{names[n]}</title>
          </rect>
        );
      })}
      <line x1="0" x2={MINUTES * SLOT} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
    </svg>
  );
}
