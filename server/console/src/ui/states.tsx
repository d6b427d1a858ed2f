/** What a part of a page shows without data: it loads, it failed, or there is nothing. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { RequestFailed } from "../api/client";
import type { Resource } from "../api/resource";

interface LoadedProps<T> {
  resource: Resource<T>;
  children: (data: T) => ComponentChildren;
}

/** Show the data of a resource. While newer data load, the old ones stay, dimmed. */
export function Loaded<T>({ resource, children }: LoadedProps<T>) {
  const { data, error, isLoading } = resource;
  const seconds = useElapsed(isLoading && !error);
  return (
    <div class="stack" aria-busy={isLoading}>
      {error && <Failure error={error} retry={resource.reload} />}
      {isLoading && seconds >= 2 && <Slow seconds={seconds} cancel={resource.cancel} />}
      {data !== undefined && <div class={isLoading && seconds >= 0.5 ? "stack stale" : "stack"}>{children(data)}</div>}
      {data === undefined && !isLoading && !error && (
        <p class="quiet">
          Cancelled.{" "}
          <button type="button" class="small" onClick={resource.reload}>
            Load
          </button>
        </p>
      )}
    </div>
  );
}

/** Show why a request failed, with the id that finds it in the server's log. */
export function Failure({ error, retry }: { error: RequestFailed; retry?: () => void }) {
  // Neither changes by asking again.
  const isFinal = error.status === 403 || error.status === 404;
  return (
    <div class="notice bad" role="alert">
      <p>{error.message}</p>
      <p class="quiet">
        {error.status ? `Status ${error.status}` : "No response"}
        {error.requestId && (
          <>
            , request <code>{error.requestId}</code>
          </>
        )}
        {error.retryAfter !== null && `, tried again in ${error.retryAfter} s`}
      </p>
      {retry && !isFinal && (
        <button type="button" class="small" onClick={retry}>
          Retry
        </button>
      )}
    </div>
  );
}

/** Show that there is nothing, why, and the way out. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="strong">{title}</p>
      {children}
    </div>
  );
}

function Slow({ seconds, cancel }: { seconds: number; cancel: () => void }) {
  return (
    <p class="quiet" role="status">
      Loading for {Math.floor(seconds)} s{" "}
      <button type="button" class="small" onClick={cancel}>
        Cancel
      </button>
    </p>
  );
}

/** Return for how many seconds something has been going on, in halves. */
function useElapsed(isOn: boolean): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    setSeconds(0);
    if (!isOn) return;
    const timer = setInterval(() => setSeconds((last) => last + 0.5), 500);
    return () => clearInterval(timer);
  }, [isOn]);
  return seconds;
}
