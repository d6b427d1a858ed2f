/** The only place that writes numbers. */

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
const FIGURE = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 4 });
const SHORT_FIGURE = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 2 });
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Write a count with commas: 1,204. Text of a larger integer stays exact. */
export function count(value: number | string): string {
  return WHOLE.format(typeof value === "string" ? BigInt(value) : value);
}

/** Write a count in few characters: 1.2M. */
export function compact(value: number): string {
  return SHORT.format(value);
}

/** Write a figure with four digits: 0.9412. Very large and very small ones have an exponent. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(2);
  return FIGURE.format(value);
}

/** Write a difference or the width of an interval with two digits: 0.022. */
export function short(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential(0) : SHORT_FIGURE.format(value);
}

/** Write a percentage, of which 100 is all: 0.81%. */
export function percent(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.01) return `${value < 0 ? "−" : ""}<0.01%`;
  return `${new Intl.NumberFormat("en-US", { maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1 }).format(value)}%`;
}

/** Write a length of time in seconds with one or two units: 1 d 4 h. */
export function duration(seconds: number): string {
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? "−" : "";
  if (size < 60) return `${sign}${size < 10 ? Number(size.toFixed(1)) : Math.round(size)} s`;
  const steps: [number, string, number, string][] = [
    [86_400, "d", 3600, "h"],
    [3600, "h", 60, "min"],
    [60, "min", 1, "s"],
  ];
  const [large, name, small, part] = steps.find(([unit]) => size >= unit) ?? [60, "min", 1, "s"];
  // After ten days nobody asks for the hours.
  if (size >= 10 * 86_400) return `${sign}${count(Math.round(size / 86_400))} d`;
  const rest = Math.floor((size % large) / small);
  return `${sign}${Math.floor(size / large)} ${name}${rest ? ` ${rest} ${part}` : ""}`;
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
