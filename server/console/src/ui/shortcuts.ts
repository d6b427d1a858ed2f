/** Keys for the whole console. They do nothing in fields and dialogs, and can be switched off. */

import { useEffect } from "preact/hooks";
import { go, link } from "../url/location";
import { hasShortcuts } from "./preferences";

export const PAGES: Record<string, { path: string; name: string }> = {
  m: { path: "/", name: "Models" },
  f: { path: "/first-event", name: "First event" },
  t: { path: "/tokens", name: "Tokens" },
  s: { path: "/settings", name: "Settings" },
};

const SEQUENCE_MS = 1500;

/** Listen to the keys. `help` shows them. */
export function useShortcuts(help: () => void): void {
  useEffect(() => {
    let begun = 0;
    const press = (event: KeyboardEvent) => {
      if (!hasShortcuts.value || isElsewhere(event)) return;
      const page = performance.now() - begun < SEQUENCE_MS ? PAGES[event.key] : undefined;
      begun = event.key === "g" ? performance.now() : 0;
      if (page) go(link(page.path));
      else if (event.key === "?") help();
      else if (event.key === "/") focus(event, 'main input[type="search"]');
      else if (event.key === "j") step(event, 1);
      else if (event.key === "k") step(event, -1);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [help]);
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
function step(event: Event, by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main tbody tr")];
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[now < 0 ? 0 : Math.min(Math.max(now + by, 0), rows.length - 1)];
  const target = next?.querySelector<HTMLElement>("a, button");
  if (!target) return;
  event.preventDefault();
  target.focus();
}
