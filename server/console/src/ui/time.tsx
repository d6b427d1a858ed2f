/** The only place that writes times: ISO order, 24 hours, in the chosen zone. Microseconds stay as the server sent them. */

import { zone } from "./preferences";

interface Props {
  at: string | null;
  /** What to show if there is no time. */
  none?: string;
  /** Show microseconds, too. */
  isExact?: boolean;
}

/** Show a time; its title has it in full, in the chosen zone and in UTC. */
export function Time({ at, none = "–", isExact = false }: Props) {
  if (at === null) return <span class="quiet">{none}</span>;
  const shown = inZone(at, zone.value);
  const fraction = /\.\d+/.exec(at)?.[0] ?? "";
  return (
    <time dateTime={at} title={`${shown}${fraction} ${zone.value}, ${at}`}>
      {isExact ? `${shown}${fraction}` : shown}
    </time>
  );
}

/** Write a time as `2026-11-23 08:00:00` in a zone. */
export function inZone(at: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(new Date(at));
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}:${part("second")}`;
}
