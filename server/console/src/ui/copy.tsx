/** A button that copies a text. */

import { useEffect, useState } from "preact/hooks";

interface Props {
  text: string;
  /** What is copied, as `token` or `snippet`. */
  what: string;
  label?: string;
}

export function Copy({ text, what, label = "Copy" }: Props) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 2000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () =>
    write(text).then(
      () => setState("copied"),
      () => setState("failed"),
    );
  return (
    <button type="button" class="small" onClick={copy} aria-label={`${label} ${what}`}>
      <span aria-live="polite">{{ idle: label, copied: "Copied", failed: "Select and copy it" }[state]}</span>
    </button>
  );
}

/** A button of a menu that copies a text, which is made when it is pressed. */
export function CopyItem({ text, label }: { text: () => string; label: string }) {
  return (
    <button type="button" onClick={() => write(text())}>
      {label}
    </button>
  );
}

/** Copy by the clipboard or, on a page without TLS on another host, by a selection. */
async function write(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (!isCopied) throw new Error("not copied");
}
