/** A text that somebody types, once it has not changed for a moment. */

import { useEffect, useState } from "preact/hooks";

const WAIT_MS = 300;

export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
