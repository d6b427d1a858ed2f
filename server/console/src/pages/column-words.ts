/** What a column of a model is, in words. */

import type { Schemas } from "../api/client";
import type { Model } from "../url/routes";

const ROLES = ["inputs", "outputs", "targets", "decisions", "metadata"] as const;

/** Return the roles of a column: `input`, `none`. */
export function roleOf(model: Model, name: string): string {
  const roles = ROLES.filter((role) => (model.spec[role] ?? []).includes(name));
  return roles.map((role) => role.replace(/s$/, "")).join(", ") || "none";
}

/** Return what a column allows: `0 to 5000`, `anything`. */
export function rule(column: Schemas["Column"]): string {
  if (column.categories?.length) return column.categories.map(String).join(", ");
  const { min, max } = column;
  if (min != null && max != null) return `${min} to ${max}`;
  if (min != null) return `from ${min}`;
  return max != null ? `up to ${max}` : "anything";
}
