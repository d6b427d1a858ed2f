/** A histogram in a line of a table. Its heights are shares of the highest bar of both sides. */

interface Props {
  counts: readonly number[];
  /** The share that fills the height. */
  highest: number;
  isBaseline?: boolean;
}

const WIDTH = 84;
const HEIGHT = 20;

export function SmallBars({ counts, highest, isBaseline = false }: Props) {
  const all = counts.reduce((sum, one) => sum + one, 0);
  const step = WIDTH / Math.max(counts.length, 1);
  const gap = step > 4 ? 1 : 0;
  return (
    <svg class="small-bars" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <path class="axis" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
      {counts.map((value, bin) => {
        const height = all && highest ? ((HEIGHT - 1) * value) / all / highest : 0;
        return (
          <rect
            key={bin}
            class={isBaseline ? "bar-before" : "bar-now"}
            x={bin * step}
            y={HEIGHT - 1 - height}
            width={Math.max(step - gap, 0.5)}
            height={height}
          />
        );
      })}
    </svg>
  );
}

/** Return the highest share of any bar of two histograms. */
export function highestShare(...sides: (readonly number[])[]): number {
  const shares = sides.flatMap((counts) => {
    const all = counts.reduce((sum, one) => sum + one, 0);
    return all ? counts.map((one) => one / all) : [];
  });
  return Math.max(0, ...shares);
}
