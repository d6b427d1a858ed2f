/** The way through the pages of a list by cursors. */

import { count } from "../../ui/number";
import { change, place, step } from "../../url/location";

/** How many pages the browser's way back leads to. */
let steps = 0;

/** Go to the first page. */
export function goFirst(): void {
  steps = 0;
  if (place.value.query.has("cursor")) change({ cursor: null });
}

export function Cursor({ next, shown }: { next: string | null; shown: number }) {
  const isFirst = !place.value.query.has("cursor");
  const forth = () => {
    steps++;
    step({ cursor: next });
  };
  const back = () => {
    if (steps === 0) return goFirst();
    steps--;
    history.back();
  };
  return (
    <nav class="pager" aria-label="Pages of events">
      <span role="status">{count(shown)} events on this page</span>
      {!(isFirst && next === null) && (
        <>
          <button type="button" class="small" disabled={isFirst} onClick={goFirst}>
            First
          </button>
          <button type="button" class="small" disabled={isFirst} onClick={back}>
            Previous
          </button>
          <button type="button" class="small" disabled={next === null} onClick={forth}>
            Next
          </button>
        </>
      )}
    </nav>
  );
}
