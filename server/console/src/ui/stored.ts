/** What this browser remembers. Where nothing can be stored, nothing is remembered. */

const PREFIX = "inference-events.";

/** Return what is remembered under a name, null if nothing is. */
export function read(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Remember a text under a name. */
export function write(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // A private window.
  }
}

/** Forget what is remembered under a name. */
export function remove(name: string): void {
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // A private window.
  }
}
