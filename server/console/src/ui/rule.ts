/** What a column allows, in words. */

import type { Schemas } from "../api/client";

/** Write what a column allows: its categories, or its range. */
export function rule(column: Schemas["Column"]): string {
  if (column.categories?.length) return column.categories.map(String).join(", ");
  const { min, max } = column;
  if (min != null && max != null) return `${min} to ${max}`;
  if (min != null) return `from ${min}`;
  return max != null ? `up to ${max}` : "anything";
}
