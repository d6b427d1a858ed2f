/** The only place that writes numbers. */

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Write a count with commas: 1,204. Text of a larger integer stays exact. */
export function count(value: number | string): string {
  return WHOLE.format(typeof value === "string" ? BigInt(value) : value);
}

/** Write a size: 4.0 MiB. */
export function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const digits = power === 0 ? 0 : 1;
  return `${(bytes / 1024 ** power).toFixed(digits)} ${UNITS[power]}`;
}

/** Show a size; its title has the bytes. */
export function Size({ bytes }: { bytes: number }) {
  return <span title={`${count(bytes)} bytes`}>{size(bytes)}</span>;
}
