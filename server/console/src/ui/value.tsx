/** Values of events, which somebody else wrote. Each kind is told apart: null, an empty text, a number, a text. */

import { useState } from "preact/hooks";
import { figure } from "./number";
import { plain } from "./text";

const SHOWN = 200;
/** -0, which JSON has and `JSON.stringify` writes as 0. */
const JSON_ZERO = (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON("-0");

interface Props {
  value: unknown;
  /** Write numbers in full instead of with four digits. */
  isExact?: boolean;
  /** Whether the server cut texts in it. */
  isCut?: boolean;
}

/** Show a value. Long texts are cut, and can be opened where there is room for them. */
export function Value({ value, isExact = false, isCut = false }: Props) {
  const [isOpen, setOpen] = useState(false);
  if (value === null || value === undefined) return <span class="quiet">null</span>;
  if (value === "") return <span class="quiet">empty text</span>;
  const full = plain(exactText(value));
  const short = !isExact && typeof value === "number" ? rounded(value) : full;
  if (short.length <= SHOWN || isOpen) return <Short text={isOpen ? full : short} full={full} isCut={isCut} />;
  return (
    <>
      <bdi>{full.slice(0, SHOWN)}…</bdi>{" "}
      {isExact && (
        <button type="button" class="small" onClick={() => setOpen(true)}>
          Show all {full.length} characters
        </button>
      )}
    </>
  );
}

function Short({ text, full, isCut }: { text: string; full: string; isCut: boolean }) {
  return (
    <bdi title={text === full ? undefined : full}>
      {text}
      {isCut && <span class="quiet">…</span>}
    </bdi>
  );
}

/** Write a value so that nothing is lost: `-0`, `1e-320`, digits of any number, JSON of lists. */
export function exactText(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" ? exactNumber(value) : jsonText(value);
}

function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, one) => (Object.is(one, -0) ? JSON_ZERO : one));
}

function exactNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function rounded(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e9 ? exactNumber(value) : figure(value);
}
