/** The clock of a time zone: what it shows at an instant, and at which instant it shows something. */

/** Year, month (from 1), day, hour, minute and second on a clock. */
export type Wall = [number, number, number, number, number, number];

const formats = new Map<string, Intl.DateTimeFormat>();

/** Return what the clock of a zone shows at an instant in milliseconds. */
export function wallOf(at: number, zone: string): Wall {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-u-ca-iso8601", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  const parts = new Map(format.formatToParts(new Date(at)).map((part) => [part.type, Number(part.value)]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return [part("year"), part("month"), part("day"), part("hour"), part("minute"), part("second")];
}

/** Return how many milliseconds the clock of a zone is ahead of UTC at an instant. */
export function offsetAt(at: number, zone: string): number {
  const second = Math.floor(at / 1000) * 1000;
  return utc(wallOf(second, zone)) - second;
}

/**
 * Return the instant at which the clock of a zone shows a time. Of two, the first; a time that the clock skips is that of
 * the offset before.
 */
export function instantOf(wall: Wall, zone: string): number {
  const shown = utc(wall);
  const before = offsetAt(shown - 24 * 3_600_000, zone);
  const after = offsetAt(shown + 24 * 3_600_000, zone);
  const fits = [before, after].filter((offset) => offsetAt(shown - offset, zone) === offset);
  return shown - (fits[0] ?? before);
}

/** Write an instant as `2013-03-10T00:00:00-05:00` on the clock of a zone. */
export function localIso(at: number, zone: string): string {
  const offset = offsetAt(at, zone);
  const minutes = Math.abs(offset) / 60_000;
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const clock = new Date(at + offset).toISOString().slice(0, 19);
  return `${clock}${offset < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

function utc([year, month, day, hour, minute, second]: Wall): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
