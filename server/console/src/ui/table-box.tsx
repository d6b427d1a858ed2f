/** The box of a table, which scrolls by itself if the page is narrow. */

import type { ComponentChildren } from "preact";

export function TableBox({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it.
    <section class="table-box" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
