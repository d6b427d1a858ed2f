/** What a user chose for all pages: time zone, theme, shortcuts. A link may name another zone. */

import { computed, effect, signal } from "@preact/signals";
import { place } from "../url/location";
import { read, write } from "./stored";

export type Theme = "auto" | "light" | "dark";

const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const theme = signal<Theme>(asTheme(read("theme")));
export const hasShortcuts = signal(read("shortcuts") !== "off");
const chosenZone = signal(read("zone") ?? "UTC");

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  write("theme", theme.value);
});
effect(() => write("shortcuts", hasShortcuts.value ? "on" : "off"));

/** The zone that the address names, null if it names none, undefined if it is not one. */
const linkedZone = computed(() => {
  const name = place.value.query.get("tz");
  return name === null ? null : zoneNamed(name);
});

/** The IANA name of the zone in which all times are shown. */
export const zone = computed(() => linkedZone.value ?? zoneNamed(chosenZone.value) ?? "UTC");

/** The part of the address that names no zone, null if there is none. */
export const brokenZone = computed(() => (linkedZone.value === undefined ? place.value.query.get("tz") : null));

/** The zones to choose from: UTC, the browser's, and all others. */
export const ZONES: string[] = [...new Set(["UTC", LOCAL_ZONE, ...Intl.supportedValuesOf("timeZone")])];

/** Show all times in a zone from now on. */
export function chooseZone(name: string): void {
  chosenZone.value = name;
  write("zone", name);
}

function zoneNamed(name: string): string | undefined {
  const wanted = { utc: "UTC", local: LOCAL_ZONE }[name.toLowerCase()] ?? name;
  try {
    new Intl.DateTimeFormat("en", { timeZone: wanted });
    return wanted;
  } catch {
    return undefined;
  }
}

function asTheme(text: string | null): Theme {
  return text === "light" || text === "dark" ? text : "auto";
}
