/** A model without an event: the program that publishes one, which fits the model's columns. */

import type { Schemas } from "../api/client";
import type { Model } from "../url/routes";
import { FirstEvent } from "./first-event";

type Column = Schemas["Column"];

const MAX_COLUMNS = 100;

export function NoEvents({ model }: { model: Model }) {
  return (
    <>
      <div class="page-head">
        <h1>No events yet</h1>
        <p class="waiting" role="status">
          Waiting for the first one
        </p>
      </div>
      <FirstEvent existing={{ modelId: model.id, event: example(model) }} />
    </>
  );
}

/** Return an event that fits the columns of a model, without its targets, which are known later. */
function example(model: Model): Record<string, unknown> {
  const later = new Set(model.spec.targets ?? []);
  const columns = model.schema.columns.filter(
    (column) => !later.has(column.name) && column.name !== model.event_ts_col,
  );
  return Object.fromEntries(columns.slice(0, MAX_COLUMNS).map((column) => [column.name, exampleValue(column)]));
}

function exampleValue(column: Column): unknown {
  if (column.categories?.length) return column.categories[0];
  const number = column.min ?? column.max ?? 0;
  switch (column.data_type) {
    case "int":
    case "float":
      return number;
    case "bool":
      return false;
    case "timestamp":
      return "2026-01-01T00:00:00Z";
    case "vector":
      return Array(column.n_dimensions ?? 1).fill(0);
    default:
      return `${column.name}-1`;
  }
}
