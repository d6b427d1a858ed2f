/** The field of a definition: the server checks it while one types, and the place of a fault is marked. */

import { useId, useRef, useState } from "preact/hooks";
import type { RequestFailed, Schemas } from "../api/client";
import type { Model } from "../url/routes";
import { completed, offered } from "./fql-columns";

type Check = Schemas["DefinitionCheck"];

interface Props {
  model: Model;
  example: string;
  value: string;
  change: (text: string) => void;
  /** The newest check; null before the first. */
  check: Check | null;
  error: RequestFailed | null;
}

export function FqlField({ model, example, value, change, check, error }: Props) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const [caret, setCaret] = useState(0);
  const fault = value && check?.valid === false ? check : null;
  const moveTo = (position: number) => {
    area.current?.focus();
    area.current?.setSelectionRange(position, position);
    setCaret(position);
  };
  const complete = (name: string) => {
    const next = completed(value, caret, name);
    change(next.text);
    // The text must be there before the caret can be after it.
    requestAnimationFrame(() => moveTo(next.caret));
  };
  const note = () => setCaret(area.current?.selectionStart ?? 0);
  return (
    <div class="field">
      <label for={id}>Definition</label>
      <div class="fql">
        <pre aria-hidden="true">
          <Marked text={value} at={fault?.position ?? null} />
        </pre>
        <textarea
          ref={area}
          id={id}
          required
          maxLength={10_000}
          spellcheck={false}
          autocomplete="off"
          autocapitalize="off"
          placeholder={example}
          aria-invalid={fault !== null}
          aria-describedby={`${id}-check`}
          value={value}
          onInput={(event) => {
            change(event.currentTarget.value);
            note();
          }}
          onKeyUp={note}
          onClick={note}
        />
      </div>
      <div id={`${id}-check`} class="fql-check" role="status">
        <Verdict text={value} check={check} error={error} moveTo={moveTo} />
      </div>
      <Offers model={model} word={offered(value, caret)} choose={complete} />
    </div>
  );
}

/** Repeat the text, with a mark at a position. */
function Marked({ text, at }: { text: string; at: number | null }) {
  if (at === null) return <>{`${text}\n`}</>;
  const position = utf16(text, at);
  const marked = /^(?:[\w.]+|.)/s.exec(text.slice(position))?.[0] ?? " ";
  return (
    <>
      {text.slice(0, position)}
      <mark>{marked === "\n" ? " \n" : marked}</mark>
      {`${text.slice(position + marked.length)}\n`}
    </>
  );
}

interface VerdictProps {
  text: string;
  check: Check | null;
  error: RequestFailed | null;
  moveTo: (position: number) => void;
}

function Verdict({ text, check, error, moveTo }: VerdictProps) {
  if (error) return <p class="fault">{error.message}</p>;
  if (!text || !check) return <p class="quiet">The server checks it while you type.</p>;
  if (check.valid) {
    return (
      <p class="quiet">
        <span class="good">Valid.</span>{" "}
        {check.columns.length ? `Uses ${check.columns.join(", ")}.` : "Uses no column."}
      </p>
    );
  }
  const position = check.position === null ? null : utf16(text, check.position);
  return (
    <p class="fault">
      {position !== null && (
        <button type="button" class="link" onClick={() => moveTo(position)}>
          {placeOf(text, position)}
        </button>
      )}
      {position !== null && ": "}
      {check.message}
      {check.hint && <span class="quiet">; {check.hint}</span>}
    </p>
  );
}

function placeOf(text: string, position: number): string {
  const lines = text.slice(0, position).split("\n");
  const character = (lines.at(-1)?.length ?? 0) + 1;
  return lines.length > 1 || text.includes("\n")
    ? `Line ${lines.length}, character ${character}`
    : `Character ${character}`;
}

/** Return the index of a character, which the server counts as one also if it takes two of this language's. */
function utf16(text: string, characters: number): number {
  return [...text].slice(0, characters).join("").length;
}

interface OffersProps {
  model: Model;
  word: string;
  choose: (name: string) => void;
}

const SHOWN = 12;

function Offers({ model, word, choose }: OffersProps) {
  const wanted = word.toLowerCase();
  const columns = model.schema.columns.filter((column) => column.name.toLowerCase().includes(wanted));
  // Those that begin with it come first.
  columns.sort((a, b) => Number(starts(b.name, wanted)) - Number(starts(a.name, wanted)));
  if (columns.length === 0) return null;
  return (
    <fieldset class="offers">
      <legend class="quiet">{word ? `Columns with “${word}”` : "Columns"}</legend>
      {columns.slice(0, SHOWN).map((column) => (
        <button key={column.name} type="button" class="small" onClick={() => choose(column.name)}>
          <bdi>{column.name}</bdi> <span class="quiet">{column.data_type}</span>
        </button>
      ))}
      {columns.length > SHOWN && <span class="quiet">and {columns.length - SHOWN} more: type a part of the name</span>}
    </fieldset>
  );
}

function starts(name: string, wanted: string): boolean {
  return name.toLowerCase().startsWith(wanted);
}
