/** The filters of a list of events, each of which can be lifted, and the form that adds one. */

import { Text } from "../../ui/text";
import { filterWords } from "../../url/filter-words";
import { type EventFilter, filterText } from "../../url/filters";
import { step } from "../../url/location";
import type { Model } from "../../url/routes";
import { AddFilter } from "./filter-form";

interface Props {
  model: Model;
  filters: EventFilter[];
}

export function FilterBar({ model, filters }: Props) {
  return (
    <fieldset class="filters" aria-label="Filters">
      {filters.map((filter) => (
        <span class="filter" key={filterText(filter)}>
          <Text value={filterWords(filter)} />
          <button
            type="button"
            aria-label={`Remove the filter ${filterWords(filter)}`}
            onClick={() => showFilters(filters.filter((one) => one !== filter))}
          >
            ×
          </button>
        </span>
      ))}
      <AddFilter model={model} add={(filter) => showFilters([...filters, filter])} />
    </fieldset>
  );
}

/** Show the events that fulfil these filters, from the first page on. */
export function showFilters(filters: EventFilter[]): void {
  step({ f: filters.map(filterText), cursor: null });
}
