/**
 * Whether a model has changed: the only thing that the console asks for again and again, every two seconds.
 *
 * `pulse` is the newest state of the model that is open, null until it is known. `useLive` reads data again if the data
 * revision moves. Nothing is sent while the tab is hidden or `isLive` is off. A panel waits ten times as long as its last
 * response took, so that a model under full load does not keep the server busy with figures.
 */

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { api, body, type RequestFailed, type Schemas } from "./client";
import { type Resource, useResource } from "./resource";

export type Pulse = Schemas["Pulse"];

const EVERY_MS = 2000;
const REST = 10;
const MIN_WAIT_MS = 50;

/** The state of the model that is open. */
export const pulse = signal<Pulse | null>(null);
/** Why there is no newer state, null if there is none. */
export const pulseError = signal<RequestFailed | null>(null);
/** Whether the pages follow the data. */
export const isLive = signal(true);
/** The moment of the newest state in milliseconds, which is `now` in ranges. */
export const now = signal(Date.now());

/** Follow a model as long as the component is shown. */
export function usePulse(modelId: string): void {
  useEffect(() => {
    const abort = new AbortController();
    let etag = "";
    let timer = 0;
    const read = async () => {
      clearTimeout(timer);
      if (document.visibilityState === "visible" && (isLive.value || pulse.value === null)) {
        etag = await update(modelId, etag, abort.signal);
      }
      // A token without the scope will not get it by asking again.
      if (pulseError.value?.status === 403) return;
      if (!abort.signal.aborted) timer = setTimeout(read, (pulseError.value?.retryAfter ?? 0) * 1000 || EVERY_MS);
    };
    const show = () => document.visibilityState === "visible" && read();
    document.addEventListener("visibilitychange", show);
    read();
    return () => {
      abort.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", show);
      pulse.value = null;
      pulseError.value = null;
    };
  }, [modelId]);
}

async function update(modelId: string, etag: string, abort: AbortSignal): Promise<string> {
  const params = { query: { model_id: modelId }, header: etag ? { "If-None-Match": etag } : {} };
  try {
    const response = await api.GET("/v3/monitoring/pulse", { params, signal: abort });
    if (response.response.status !== 304) pulse.value = (await body(Promise.resolve(response))).data;
    pulseError.value = null;
    now.value = Date.now();
    return response.response.headers.get("ETag") ?? etag;
  } catch (error) {
    if (!abort.aborted) pulseError.value = error as RequestFailed;
    return etag;
  }
}

/** Read data as `useResource` does, and again if `revision` moves. */
export function useLive<T>(key: string, revision: string, load: (abort: AbortSignal) => Promise<T>): Resource<T> {
  const last = useRef({ revision: "", took: 0, ended: 0 });
  const timed = async (abort: AbortSignal) => {
    const begun = performance.now();
    last.current.revision = revision;
    const data = await load(abort);
    last.current = { revision, took: performance.now() - begun, ended: performance.now() };
    return data;
  };
  const resource = useResource(key, timed);
  useEffect(() => {
    if (resource.isLoading || revision === last.current.revision) return;
    const { took, ended } = last.current;
    const wait = Math.max(MIN_WAIT_MS, ended + REST * took - performance.now());
    const timer = setInterval(() => document.visibilityState === "visible" && resource.reload(), wait);
    return () => clearInterval(timer);
  }, [revision, resource.isLoading, resource.reload]);
  return resource;
}
