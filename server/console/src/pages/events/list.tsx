/** The events of a range, the newest first, as pages that follow a cursor. New ones wait until they are asked for. */

import { useEffect } from "preact/hooks";
import { useResource } from "../../api/resource";
import { Empty, Loaded } from "../../ui/states";
import { type EventFilter, filtersOf, filterText } from "../../url/filters";
import { change, place } from "../../url/location";
import type { Model } from "../../url/routes";
import { type Selection, show, useSelection } from "../../url/selection";
import { ColumnChooser } from "./column-chooser";
import { Total } from "./count";
import { Cursor, goFirst } from "./cursor";
import { FilterBar, showFilters } from "./filter-bar";
import { Histogram } from "./histogram";
import { remember } from "./listed";
import { News } from "./news";
import { pageBody, readEvents, usualColumns, type Wanted } from "./request";
import { EventTable } from "./table";

export function EventList({ model }: { model: Model }) {
  const selection = useSelection();
  const { filters, broken } = filtersOf(place.value.query);
  const { wanted, isUsual, unknown } = wantedOf(model, filters);
  const key = listKey(selection, wanted);
  const page = useResource(`${key} ${wanted.cursor}`, async (signal) => {
    // Before the events, which may then be newer than it says.
    const { revision, environment } = selection;
    return { revision, events: environment.events, ...(await readEvents(pageBody(selection, wanted), signal)) };
  });
  useFirstPageOf(key);
  useEffect(() => remember(page.data?.items.map((event) => event.event_id) ?? []), [page.data]);
  const isEmpty = page.data?.items.length === 0 && !wanted.cursor;
  return (
    <>
      <div class="page-head">
        <h1>Events</h1>
        <Total selection={selection} filters={filters} listKey={key} />
        <span class="spacer" />
        <ColumnChooser model={model} chosen={wanted.columns} isUsual={isUsual} />
      </div>
      <Ignored texts={[...broken, ...unknown]} />
      <FilterBar model={model} filters={filters} />
      <Histogram selection={selection} isFiltered={filters.length > 0} />
      <News loaded={page.data} selection={selection} isEmpty={isEmpty} reload={page.reload} />
      <Loaded resource={page}>
        {(found) =>
          found.items.length ? (
            <>
              <EventTable model={model} events={found.items} columns={wanted.columns} order={wanted.order} />
              <Cursor next={found.next_cursor} shown={found.items.length} />
            </>
          ) : (
            <Nothing filters={filters} selection={selection} next={found.next_cursor} isFirst={!wanted.cursor} />
          )
        }
      </Loaded>
    </>
  );
}

function wantedOf(model: Model, filters: EventFilter[]): { wanted: Wanted; isUsual: boolean; unknown: string[] } {
  const { query } = place.value;
  const named = query.getAll("columns");
  const known = new Set(named.length ? model.schema.columns.map(({ name }) => name) : []);
  const chosen = named.filter((name) => known.has(name));
  const wanted: Wanted = {
    filters,
    columns: chosen.length ? chosen : usualColumns(model, filters),
    order: query.get("sort") === "timestamp" ? "asc" : "desc",
    cursor: query.get("cursor"),
  };
  return { wanted, isUsual: !chosen.length, unknown: named.filter((name) => !known.has(name)) };
}

/** Return what the list shows on all its pages. Time that passes is no part of it. */
function listKey({ modelId, environment, range, bounds }: Selection, { filters, columns, order }: Wanted): string {
  const start = range.from === "all" ? bounds.start : 0;
  return JSON.stringify([modelId, environment.id, range, start, filters.map(filterText), columns, order]);
}

/** Go to the first page if the list is another one: a cursor belongs to the list that it came from. */
function useFirstPageOf(key: string): void {
  useEffect(() => () => goFirst(), [key]);
}

function Ignored({ texts }: { texts: string[] }) {
  return (
    <>
      {texts.map((text) => (
        <p class="notice" role="status" key={text}>
          “{text}” in the address is no filter and no column of this model, so it is ignored.
        </p>
      ))}
    </>
  );
}

interface NothingProps {
  filters: EventFilter[];
  selection: Selection;
  next: string | null;
  isFirst: boolean;
}

/** Say why there is no event, and the way to some. */
function Nothing({ filters, selection, next, isFirst }: NothingProps) {
  if (next !== null) {
    return (
      <Empty title="No event was found so far. The search took long, so it paused.">
        <button type="button" onClick={() => change({ cursor: next })}>
          Search on
        </button>
      </Empty>
    );
  }
  if (!isFirst) {
    return (
      <Empty title="There are no more events.">
        <button type="button" onClick={goFirst}>
          First page
        </button>
      </Empty>
    );
  }
  if (filters.length) {
    return (
      <Empty
        title={
          filters.length > 1
            ? "No event of this range fulfils all these filters."
            : "No event of this range fulfils this filter."
        }
      >
        <button type="button" onClick={() => showFilters([])}>
          Remove {filters.length > 1 ? "the filters" : "the filter"}
        </button>
        <ShowAll selection={selection} />
      </Empty>
    );
  }
  return (
    <Empty title="There is no event in this range.">
      <button type="button" class="main" onClick={() => change({ from: null, to: null })}>
        Go to the newest events
      </button>
      <ShowAll selection={selection} />
    </Empty>
  );
}

function ShowAll({ selection: { range } }: { selection: Selection }) {
  if (range.from === "all") return null;
  return (
    <button type="button" onClick={() => show({ from: "all", to: "now" })}>
      Search all events, of any time
    </button>
  );
}
