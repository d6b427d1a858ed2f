/** Keys for the whole console. They do nothing in fields and dialogs, and can be switched off. */

import { useEffect } from "preact/hooks";
import { isLive } from "../api/pulse";
import { go, place } from "../url/location";
import { linkTo, ROUTES, routeAt } from "../url/routes";
import { freezeRange, move, narrow, widen } from "../url/selection";
import { hasShortcuts } from "./preferences";

const SEQUENCE_MS = 1500;
const RANGE_KEYS: Record<string, () => void> = {
  "[": () => hasRange() && move(-0.5),
  "]": () => hasRange() && move(0.5),
  "-": () => hasRange() && widen(),
  "+": () => hasRange() && narrow(),
  l: () => {
    isLive.value = !isLive.value;
  },
};

/** Listen to the keys. `help` shows them. */
export function useShortcuts(help: () => void): void {
  useEffect(() => {
    let begun = { key: "", at: 0 };
    const press = (event: KeyboardEvent) => {
      if (!hasShortcuts.value || isElsewhere(event)) return;
      const first = performance.now() - begun.at < SEQUENCE_MS ? begun.key : "";
      begun = { key: event.key, at: performance.now() };
      if (first === "g") openPage(event.key);
      else if (first === "t" && event.key === "a") freezeRange();
      else if (event.key === "?") help();
      else if (event.key === "/") focus(event, 'main input[type="search"]');
      else if (event.key === "j") stepRow(event, 1);
      else if (event.key === "k") stepRow(event, -1);
      else RANGE_KEYS[event.key]?.();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [help]);
}

function openPage(key: string): void {
  const id = routeAt(place.value.path)?.id ?? "";
  const page = ROUTES.find((route) => route.key === key && (id !== "" || !route.isOfModel));
  if (page) go(linkTo(page.base.replace(":id", id)));
}

function hasRange(): boolean {
  return routeAt(place.value.path)?.route.takes.includes("range") ?? false;
}

function isElsewhere(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  const isTyping = target.matches("input, select, textarea, [contenteditable]");
  return isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") !== null;
}

function focus(event: Event, selector: string): void {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) return;
  event.preventDefault();
  found.focus();
}

/** Move the focus to the next or previous row's link or button. */
function stepRow(event: Event, by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main tbody tr")];
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[now < 0 ? 0 : Math.min(Math.max(now + by, 0), rows.length - 1)];
  const target = next?.querySelector<HTMLElement>("a, button");
  if (!target) return;
  event.preventDefault();
  target.focus();
}
