/** How bad something is, by word and mark: colour alone says nothing to some. */

type Level = "critical" | "warning" | "none" | "unknown";

const LEVELS: Record<string, Level> = {
  CRITICAL: "critical",
  WARNING: "warning",
  DEFAULT: "none",
  critical: "critical",
  warning: "warning",
  ok: "none",
};
const MARKS: Record<Level, string> = { critical: "◆", warning: "▲", none: "○", unknown: "–" };
const WORDS: Record<string, string> = {
  CRITICAL: "critical",
  WARNING: "warning",
  DEFAULT: "withdrawn",
  no_data: "no data",
  learning: "learning",
};

/** Show the severity of a record, or the state of a bin. */
export function Severity({ of }: { of: string }) {
  const level = LEVELS[of] ?? "unknown";
  return (
    <span class={`severity ${level}`}>
      <span aria-hidden="true">{MARKS[level]}</span> {WORDS[of] ?? of}
    </span>
  );
}
