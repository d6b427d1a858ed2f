/** What a server ingested in the last hour, read every two seconds, and how fast it is now. */

import { useRef } from "preact/hooks";
import { api, body, type Schemas } from "./client";
import { type Resource, useResource } from "./resource";

export type Ingestion = Schemas["Ingestion"];
export type Counts = Schemas["IngestionCounts"];

const REFRESH_MS = 2000;
const SPAN_MS = 10_000;

/** Read the ingestion of a model, or of all. */
export function useIngestion(modelId: string | null): Resource<Ingestion> {
  return useResource(
    `ingestion ${modelId}`,
    async (signal) => {
      const query = modelId ? { model_id: modelId } : {};
      return (await body(api.GET("/v3/monitoring/ingestion", { params: { query }, signal }))).data;
    },
    REFRESH_MS,
  );
}

/** Return the events of all kinds, rejected rows excluded. */
export function eventsOf({ created, replaced, unchanged, updated, unknown }: Counts): number {
  return created + replaced + unchanged + updated + unknown;
}

/** Return the requests that were refused. */
export function refusedOf({ refused }: Counts): number {
  return refused.reduce((sum, one) => sum + one.requests, 0);
}

/** Return what a second has now: over the last ten seconds, or at first over the last minutes. */
export function usePace(newest: Ingestion): (pick: (counts: Counts) => number) => number {
  const seen = useRef<Ingestion[]>([]);
  if (seen.current.at(-1)?.read_at !== newest.read_at) seen.current.push(newest);
  const at = Date.parse(newest.read_at);
  const isOld = (one: Ingestion | undefined) => one !== undefined && at - Date.parse(one.read_at) > SPAN_MS;
  while (isOld(seen.current[1])) seen.current.shift();
  const first = seen.current[0];
  return (pick) => {
    if (first && first !== newest && first.started_at === newest.started_at) {
      return (sum(newest, pick, newest) - sum(first, pick, newest)) / ((at - Date.parse(first.read_at)) / 1000);
    }
    const [from] = newest.minutes.slice(-2);
    const start = Math.max(Date.parse(from?.minute ?? newest.read_at), Date.parse(newest.started_at));
    const counted = newest.minutes.slice(-2).reduce((total, { counted }) => total + pick(counted), 0);
    return counted / Math.max((at - start) / 1000, 1);
  };
}

/** Add up the minutes of a report that are also in another one. */
function sum(report: Ingestion, pick: (counts: Counts) => number, within: Ingestion): number {
  const first = within.minutes[0]?.minute ?? "";
  return report.minutes.reduce((total, { minute, counted }) => (minute < first ? total : total + pick(counted)), 0);
}
