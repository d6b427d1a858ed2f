/** Filters of events in words, and the operators that fit a column. */

import type { Schemas } from "../api/client";
import { type EventFilter, isAboutViolations, type Operator } from "./filters";

type DataType = Schemas["DataType"];

export const WORDS: Record<Operator, string> = {
  eq: "=",
  ne: "≠",
  lt: "<",
  le: "≤",
  gt: ">",
  ge: "≥",
  in: "is one of",
  not_in: "is none of",
  between: "is between",
  contains: "contains",
  starts_with: "starts with",
  is_null: "is null",
  not_null: "is not null",
  any_violation: "has a violation",
  no_violation: "has no violation",
  exists: "is there, undeclared",
};

const ANY: Operator[] = ["any_violation", "no_violation"];
const NULLS: Operator[] = ["is_null", "not_null", ...ANY];
const ORDERED: Operator[] = ["eq", "ne", "lt", "le", "gt", "ge", "between", "in", "not_in", ...NULLS];

const OPERATORS: Record<DataType, Operator[]> = {
  int: ORDERED,
  float: ORDERED,
  timestamp: ORDERED,
  str: ["eq", "ne", "contains", "starts_with", "in", "not_in", "lt", "le", "gt", "ge", "between", ...NULLS],
  category: ["eq", "ne", "in", "not_in", ...NULLS],
  bool: ["eq", "ne", ...NULLS],
  vector: NULLS,
};

/** Return the operators for a column of a type; those for any column if it is null, for an undeclared one if undefined. */
export function operatorsFor(type: DataType | null | undefined): Operator[] {
  if (type === undefined) return ["exists"];
  return type === null ? ANY : OPERATORS[type];
}

/** Write a filter as `carrier = "UA"` or `distance has a range violation`. */
export function filterWords(filter: EventFilter): string {
  const { column, operator, value, kind } = filter;
  if (isAboutViolations(operator)) {
    const words = kind ? WORDS[operator].replace("violation", `${kind} violation`) : WORDS[operator];
    return `${column ?? "event"} ${kind ? words.replace(/ a ([aeiou])/, " an $1") : words}`;
  }
  const shown = value === undefined ? "" : ` ${valueWords(operator, value)}`;
  return `${column ?? ""} ${WORDS[operator]}${shown}`;
}

function valueWords(operator: Operator, value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.map((one) => JSON.stringify(one)).join(operator === "between" ? " and " : ", ");
}
