/** Requests for pages of events. */

import { api, body, type Schemas } from "../../api/client";
import type { EventFilter } from "../../url/filters";
import { iso } from "../../url/range";
import type { Model } from "../../url/routes";
import type { Selection } from "../../url/selection";

export type StoredEvent = Schemas["StoredEvent"];
export type EventsRequest = Schemas["ReadEventsRequest"];

export const LIMIT = 50;
/** The server cuts texts after so many characters. */
export const PREVIEW = 80;
const MAX_COLUMNS = 12;
const MAX_AT_ONCE = 300;

export interface Wanted {
  filters: EventFilter[];
  columns: string[];
  order: Schemas["EventOrder"];
  cursor: string | null;
}

/** Return which events the selection has. */
export function environmentBody({ modelId, environment }: Selection) {
  return environment.type === "PRODUCTION"
    ? { model_id: modelId, env_type: "PRODUCTION" as const }
    : { model_id: modelId, env_type: "PRE_PRODUCTION" as const, env_name: environment.name };
}

/** Return the request for all events of the selection that fulfil filters. */
export function eventsBody(selection: Selection, filters: EventFilter[]): EventsRequest {
  const { start, end } = selection.bounds;
  const time_range = { start_time: iso(start), end_time: iso(end) };
  return { ...environmentBody(selection), time_range, ...(filters.length ? { filters } : {}) };
}

/** Return the request for a page. */
export function pageBody(selection: Selection, wanted: Wanted): EventsRequest {
  return {
    ...eventsBody(selection, wanted.filters),
    order: wanted.order,
    columns: wanted.columns,
    preview: PREVIEW,
    limit: LIMIT,
    ...(wanted.cursor ? { cursor: wanted.cursor } : {}),
  };
}

/** Read a page of events. Throws RequestFailed. */
export async function readEvents(request: EventsRequest, signal: AbortSignal): Promise<Schemas["EventPage"]> {
  return (await body(api.POST("/v3/events/query", { body: request, signal }))).data;
}

/** Return the columns of a list unless others are chosen: filtered ones, outputs, targets, then inputs and the rest. */
export function usualColumns(model: Model, filters: EventFilter[]): string[] {
  const { spec, schema } = model;
  const filtered = filters.flatMap(({ column }) => column ?? []);
  const roles = [spec.outputs, spec.targets, spec.inputs, spec.decisions, spec.metadata].flatMap(
    (names) => names ?? [],
  );
  const all = schema.columns.map(({ name }) => name);
  const known = new Set(all);
  const shown = [...filtered, ...roles, ...all].filter((name) => known.has(name) && !isShownAnyway(model, name));
  return [...new Set(shown)].slice(0, MAX_COLUMNS - 2);
}

/** Return whether a model has so many columns that an event is read with a part of them. */
export function isWide(model: Model): boolean {
  return model.schema.columns.length > MAX_AT_ONCE;
}

/** Return the request for an event, with some columns or all. */
export function eventBody(selection: Selection, id: string, columns?: string[]): EventsRequest {
  return { ...environmentBody(selection), event_ids: [id], ...(columns ? { columns } : {}) };
}

/** Return whether a column is the id or the time, which each row has. */
export function isShownAnyway(model: Model, name: string): boolean {
  return name === model.event_id_col || name === model.event_ts_col;
}
