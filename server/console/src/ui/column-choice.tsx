/** The choice of a column by typing a part of its name: of 10,000, only some are offered at a time. */

import { useId, useState } from "preact/hooks";

const OFFERED = 50;

interface Props {
  label: string;
  columns: readonly string[];
  value: string | null;
  choose: (column: string | null) => void;
}

export function ColumnChoice({ label, columns, value, choose }: Props) {
  const [text, setText] = useState(value ?? "");
  const id = useId();
  const part = text.toLowerCase();
  const offered: string[] = [];
  for (const name of columns) {
    if (offered.length < OFFERED && name.toLowerCase().includes(part)) offered.push(name);
  }
  const take = (typed: string) => {
    setText(typed);
    if (typed === "") choose(null);
    else if (columns.includes(typed)) choose(typed);
  };
  return (
    <>
      <input
        type="text"
        class="column-choice"
        aria-label={label}
        placeholder={label}
        list={id}
        autocomplete="off"
        spellcheck={false}
        value={text}
        onInput={(event) => take(event.currentTarget.value)}
      />
      <datalist id={id}>
        {offered.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}
