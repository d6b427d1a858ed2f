/** Values that are typed, read as a column's type wants them. */

import type { Schemas } from "../../api/client";
import { exactValue, type Operator } from "../../url/filters";

type Column = Schemas["Column"];
export type Read = { value: unknown } | { fault: string };

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const INFINITE = /^([+-]?)inf(inity)?$/i;

/** Read the value of a filter from one or two typed texts. */
export function readValue(column: Column, operator: Operator, [first = "", second = ""]: string[]): Read {
  if (operator === "between") return all([first, second], column);
  if (operator === "in" || operator === "not_in") return all(parts(first), column);
  return readOne(column, first);
}

/** Read one value of a column. */
export function readOne(column: Column, text: string): Read {
  const said = text.trim();
  switch (column.data_type) {
    case "int":
    case "float":
      return readNumber(said);
    case "bool":
      return /^(true|false)$/i.test(said)
        ? { value: said.toLowerCase() === "true" }
        : { fault: "Choose true or false" };
    case "category": {
      const known = column.categories?.find((one) => String(one) === text);
      return { value: known ?? text };
    }
    case "timestamp":
      return said ? { value: said } : { fault: "Type a time, as 2013-01-31T09:00:00Z" };
    default:
      return { value: text };
  }
}

function readNumber(text: string): Read {
  const infinite = INFINITE.exec(text);
  if (infinite) return { value: infinite[1] === "-" ? "-Infinity" : "Infinity" };
  return NUMBER.test(text) ? { value: exactValue(text) } : { fault: `“${text}” is no number` };
}

function parts(text: string): string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one);
}

function all(texts: string[], column: Column): Read {
  if (!texts.length) return { fault: "Type a value" };
  const values: unknown[] = [];
  for (const text of texts) {
    const read = readOne(column, text);
    if ("fault" in read) return read;
    values.push(read.value);
  }
  return { value: values };
}
