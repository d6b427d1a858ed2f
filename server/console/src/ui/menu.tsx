/** A button that opens a small menu or form under it. Escape and a click elsewhere close it. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  label: string;
  text: ComponentChildren;
  /** Stay open after a click inside, for forms. */
  isForm?: boolean;
  children: ComponentChildren;
}

export function MenuButton({ label, text, isForm = false, children }: Props) {
  const box = useRef<HTMLDetailsElement>(null);
  const close = () => box.current?.removeAttribute("open");
  useEffect(() => {
    const leave = (event: Event) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) close();
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("focusin", leave);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("focusin", leave);
    };
  }, []);
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !box.current?.open) return;
    close();
    box.current.querySelector("summary")?.focus();
    event.stopPropagation();
  };
  const choose = (event: Event) => {
    if (isForm || !(event.target instanceof Element) || !event.target.closest("button")) return;
    close();
    box.current?.querySelector("summary")?.focus();
  };
  return (
    <details class="menu" ref={box} onKeyDown={press}>
      <summary aria-label={label} title={label}>
        {text}
      </summary>
      {/* biome-ignore lint/a11y: the buttons inside are the controls; it only closes after them. */}
      <div class={isForm ? "menu-box form" : "menu-box"} onClick={choose}>
        {children}
      </div>
    </details>
  );
}
