/** Whether someone is logged in, and what waits until someone is. */

import { signal } from "@preact/signals";

/** Whether the login covers the page. */
export const isLoginNeeded = signal(false);

let waiting: (() => void)[] = [];

/** Show the login, and return when someone has logged in. Throws if `abort` fires before. */
export function waitForLogin(abort: AbortSignal): Promise<void> {
  isLoginNeeded.value = true;
  return new Promise((resolve, reject) => {
    waiting.push(resolve);
    abort.addEventListener("abort", () => reject(abort.reason), { once: true });
  });
}

/** Let everything continue that waits for a login. */
export function finishLogin(): void {
  const resumed = waiting;
  waiting = [];
  isLoginNeeded.value = false;
  for (const resume of resumed) resume();
}
