/** Data of the server for a part of a page: it is read again if its key changes, and the old one stays meanwhile. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { RequestFailed } from "./client";

export interface Resource<T> {
  /** The newest data, undefined until there is any. */
  data: T | undefined;
  error: RequestFailed | null;
  isLoading: boolean;
  reload: () => void;
  cancel: () => void;
}

interface State<T> {
  data: T | undefined;
  error: RequestFailed | null;
  isLoading: boolean;
}

/** Read data with `load`, which gets a signal that aborts it; again every `every` milliseconds while the tab is visible. */
export function useResource<T>(key: string, load: (abort: AbortSignal) => Promise<T>, every?: number): Resource<T> {
  const [state, setState] = useState<State<T>>({ data: undefined, error: null, isLoading: true });
  const [round, setRound] = useState(0);
  const controller = useRef(new AbortController());
  const reload = useCallback(() => setRound((last) => last + 1), []);
  const cancel = useCallback(() => controller.current.abort(), []);

  useEffect(() => {
    const abort = new AbortController();
    controller.current = abort;
    setState((last) => ({ ...last, isLoading: true }));
    load(abort.signal).then(
      (data) => abort.signal.aborted || setState({ data, error: null, isLoading: false }),
      (error) => {
        if (abort.signal.aborted) setState((last) => ({ ...last, isLoading: false }));
        else setState((last) => ({ ...last, error: asFailure(error), isLoading: false }));
      },
    );
    return () => abort.abort();
  }, [key, round]);

  useEffect(() => {
    const wait = state.error ? (state.error.retryAfter ?? 5) * 1000 : every;
    if (state.isLoading || wait === undefined || (state.error && !isPassing(state.error))) return;
    const timer = setInterval(() => document.visibilityState === "visible" && reload(), wait);
    return () => clearInterval(timer);
  }, [state, every, reload]);

  return { ...state, reload, cancel };
}

function isPassing(error: RequestFailed): boolean {
  return error.status === 0 || error.status === 503;
}

function asFailure(error: unknown): RequestFailed {
  return error instanceof RequestFailed ? error : new RequestFailed(String(error), 0, null, null);
}
