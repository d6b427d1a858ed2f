/** A change on the server that a button starts: whether it runs, and why it failed. */

import { useState } from "preact/hooks";
import { RequestFailed } from "../api/client";

export interface Action {
  isRunning: boolean;
  error: RequestFailed | null;
  run: (change: () => Promise<void>) => Promise<void>;
}

export function useAction(): Action {
  const [state, setState] = useState<{ isRunning: boolean; error: RequestFailed | null }>({
    isRunning: false,
    error: null,
  });
  const run = async (change: () => Promise<void>) => {
    setState({ isRunning: true, error: null });
    try {
      await change();
      setState({ isRunning: false, error: null });
    } catch (error) {
      const failure = error instanceof RequestFailed ? error : new RequestFailed(String(error), 0, null, null);
      setState({ isRunning: false, error: failure });
    }
  };
  return { ...state, run };
}
