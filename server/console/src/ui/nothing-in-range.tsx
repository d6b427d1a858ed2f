/** No event is in the range: where the newest one is, and the way to it. */

import { change } from "../url/location";
import type { Selection } from "../url/selection";
import { Empty } from "./states";
import { Time } from "./time";

export function NothingInRange({ selection }: { selection: Selection }) {
  return (
    <Empty title="There are no events in this range.">
      <p class="quiet">
        The newest event is of <Time at={selection.environment.newest_event?.timestamp ?? null} />.
      </p>
      <button type="button" onClick={() => change({ from: null, to: null })}>
        Show the newest events
      </button>
    </Empty>
  );
}
