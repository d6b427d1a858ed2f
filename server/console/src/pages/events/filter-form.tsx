/** The form that makes a filter: a column, an operator that fits its type, and a value of that type. */

import { useId, useState } from "preact/hooks";
import type { Schemas } from "../../api/client";
import { MenuButton } from "../../ui/menu";
import { operatorsFor, WORDS } from "../../url/filter-words";
import { type EventFilter, isAboutViolations, type Operator, takesValue } from "../../url/filters";
import type { Model } from "../../url/routes";
import { readValue } from "./filter-value";

type Column = Schemas["Column"];
type Kind = Schemas["ViolationKind"];

const MATCHES = 50;
const KINDS: Kind[] = ["missing", "type", "range"];

interface Props {
  model: Model;
  add: (filter: EventFilter) => void;
}

export function AddFilter({ model, add }: Props) {
  const [round, setRound] = useState(0);
  const done = (filter: EventFilter) => {
    add(filter);
    // A new form, which is closed and empty.
    setRound(round + 1);
  };
  return (
    <MenuButton key={round} label="Add a filter" text="+ Filter" isForm>
      <Form model={model} add={done} />
    </MenuButton>
  );
}

function Form({ model, add }: Props) {
  const [name, setName] = useState("");
  const [operator, setOperator] = useState<Operator>("any_violation");
  const [kind, setKind] = useState<Kind | "">("");
  const [texts, setTexts] = useState(["", ""]);
  const [fault, setFault] = useState<string | null>(null);
  const column = model.schema.columns.find((one) => one.name === name);
  const operators = operatorsFor(name === "" ? null : column?.data_type);
  const chosen = operators.includes(operator) ? operator : (operators[0] ?? "any_violation");
  const submit = (event: Event) => {
    event.preventDefault();
    const made: EventFilter = { operator: chosen, ...(name ? { column: name } : {}), ...(kind && { kind }) };
    if (!isAboutViolations(chosen)) delete made.kind;
    if (!takesValue(chosen) || !column) return add(made);
    const read = readValue(column, chosen, texts);
    if ("fault" in read) setFault(read.fault);
    else add({ ...made, value: read.value });
  };
  return (
    <form class="form filter-form" onSubmit={submit}>
      <ColumnChoice model={model} name={name} choose={setName} />
      <label>
        Condition
        <select value={chosen} onChange={(event) => setOperator(event.currentTarget.value as Operator)}>
          {operators.map((one) => (
            <option key={one} value={one}>
              {WORDS[one]}
            </option>
          ))}
        </select>
      </label>
      {isAboutViolations(chosen) && <KindChoice kind={kind} choose={setKind} />}
      {takesValue(chosen) && column && (
        <ValueFields column={column} operator={chosen} texts={texts} change={setTexts} />
      )}
      {fault && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      <button type="submit" class="main">
        Add filter
      </button>
    </form>
  );
}

function ColumnChoice({ model, name, choose }: { model: Model; name: string; choose: (name: string) => void }) {
  const id = useId();
  const wanted = name.toLowerCase();
  const matches = model.schema.columns.filter((one) => one.name.toLowerCase().includes(wanted)).slice(0, MATCHES);
  return (
    <>
      <label>
        Column
        <input
          list={id}
          placeholder="any column"
          autocomplete="off"
          value={name}
          onInput={(event) => choose(event.currentTarget.value)}
        />
      </label>
      <datalist id={id}>
        {matches.map((one) => (
          <option key={one.name} value={one.name}>
            {one.data_type}
          </option>
        ))}
      </datalist>
    </>
  );
}

function KindChoice({ kind, choose }: { kind: Kind | ""; choose: (kind: Kind | "") => void }) {
  return (
    <label>
      Kind of violation
      <select value={kind} onChange={(event) => choose(event.currentTarget.value as Kind | "")}>
        <option value="">any</option>
        {KINDS.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ValueProps {
  column: Column;
  operator: Operator;
  texts: string[];
  change: (texts: string[]) => void;
}

function ValueFields({ column, operator, texts, change }: ValueProps) {
  const [first = "", second = ""] = texts;
  const choices = choicesOf(column);
  if (choices && (operator === "eq" || operator === "ne")) {
    return (
      <label>
        Value
        <select value={first} onChange={(event) => change([event.currentTarget.value, second])}>
          <option value="">choose</option>
          {choices.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
    );
  }
  const isList = operator === "in" || operator === "not_in";
  return (
    <>
      <label>
        {isList ? "Values, with commas between" : operator === "between" ? "From" : "Value"}
        <input value={first} onInput={(event) => change([event.currentTarget.value, second])} />
      </label>
      {operator === "between" && (
        <label>
          To, included
          <input value={second} onInput={(event) => change([first, event.currentTarget.value])} />
        </label>
      )}
    </>
  );
}

/** Return the values to choose from as they are typed, null if there are too many or any is possible. */
function choicesOf(column: Column): string[] | null {
  if (column.data_type === "bool") return ["true", "false"];
  const { categories } = column;
  return categories && categories.length <= 200 ? categories.map(String) : null;
}
