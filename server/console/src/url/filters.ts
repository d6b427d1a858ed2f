/** Filters of events in the address: `f=operator:column:value`, once per filter, as `POST /v3/events/query` has them.
 *
 * The column is percent-encoded, so that it has no colon. The value is JSON, as `f=in:carrier:["AA","UA"]`; for
 * `any_violation` and `no_violation` it is the kind, as `f=any_violation:distance:range`. What does not apply is empty.
 */

import type { Schemas } from "../api/client";
import { parseWithSource } from "../api/exact";

export type EventFilter = Schemas["EventFilter"];
export type Operator = Schemas["EventFilterOperator"];

interface Raw {
  rawJSON: (text: string) => unknown;
}

const VALUE = ["eq", "ne", "lt", "le", "gt", "ge", "in", "not_in", "contains", "starts_with", "between"];
const NO_VALUE = ["is_null", "not_null", "exists"];
const VIOLATION = ["any_violation", "no_violation"];
const KINDS = ["missing", "type", "range"];

/** Return whether an operator is about violations: it takes a kind instead of a value. */
export function isAboutViolations(operator: Operator): boolean {
  return VIOLATION.includes(operator);
}

/** Return whether an operator compares with a value. */
export function takesValue(operator: Operator): boolean {
  return VALUE.includes(operator);
}

/** Return a value of JSON whose integers beyond 2^53 stay exact when it becomes JSON again. Throws SyntaxError. */
export function exactValue(text: string): unknown {
  return parseWithSource(text, (_, value, context) => {
    const isLossy = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
    return isLossy && context ? (JSON as unknown as Raw).rawJSON(context.source) : value;
  });
}

/** Write a filter as it is in the address. */
export function filterText(filter: EventFilter): string {
  const last = isAboutViolations(filter.operator)
    ? (filter.kind ?? "")
    : filter.value === undefined
      ? ""
      : JSON.stringify(filter.value);
  return `${filter.operator}:${encodeURIComponent(filter.column ?? "")}:${last}`;
}

/** Read a filter of the address; null if it is not one. */
export function parseFilter(text: string): EventFilter | null {
  const [, operator = "", column = "", last = ""] = /^([a-z_]+):([^:]*):(.*)$/s.exec(text) ?? [];
  try {
    const filter: EventFilter = { operator: operator as Operator };
    if (column) filter.column = decodeURIComponent(column);
    if (VIOLATION.includes(operator)) {
      if (last && !KINDS.includes(last)) return null;
      if (last) filter.kind = last as Schemas["ViolationKind"];
      return filter;
    }
    if (!filter.column) return null;
    if (NO_VALUE.includes(operator)) return last ? null : filter;
    return VALUE.includes(operator) ? { ...filter, value: exactValue(last) } : null;
  } catch {
    return null;
  }
}

/** Return the filters of an address, and those of its parts that are no filter. */
export function filtersOf(query: URLSearchParams): { filters: EventFilter[]; broken: string[] } {
  const read = query.getAll("f").map((text) => ({ text, filter: parseFilter(text) }));
  return {
    filters: read.flatMap(({ filter }) => filter ?? []),
    broken: read.filter(({ filter }) => filter === null).map(({ text }) => text),
  };
}

/** Add filters to a link such as `link("/models/ID/events", {from, to})`. */
export function withFilters(target: string, filters: EventFilter[]): string {
  const text = new URLSearchParams(filters.map((filter) => ["f", filterText(filter)])).toString();
  return text ? `${target}${target.includes("?") ? "&" : "?"}${text}` : target;
}
