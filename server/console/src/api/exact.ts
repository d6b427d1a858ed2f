/** JSON without loss: integers that a number cannot hold stay text. */

type Reviver = (this: unknown, key: string, value: unknown, context?: { source: string }) => unknown;

/** `JSON.parse` whose reviver gets the text that a value was read from. */
export const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/** Parse JSON. An integer beyond 2^53 becomes a string of its digits. */
export function parseExact(text: string): unknown {
  return parseWithSource(text, (_, value, context) => {
    const isLossy = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
    return isLossy && context && /^-?\d+$/.test(context.source) ? context.source : value;
  });
}
