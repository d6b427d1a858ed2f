/** How many events the list has on all pages. They are counted apart from the rows, which do not wait for it. */

import { useState } from "preact/hooks";
import { useLive } from "../../api/pulse";
import { count } from "../../ui/number";
import type { EventFilter } from "../../url/filters";
import type { Selection } from "../../url/selection";
import { eventsBody, readEvents } from "./request";

interface Props {
  selection: Selection;
  filters: EventFilter[];
  listKey: string;
}

export function Total({ selection, filters, listKey }: Props) {
  const [exact, setExact] = useState("");
  const kind = exact === listKey ? "exact" : "bounded";
  const request = { ...eventsBody(selection, filters), limit: 1, columns: [], count: kind } as const;
  const { data, error, isLoading } = useLive(`${kind} ${listKey}`, selection.revision, (signal) =>
    readEvents({ ...request, columns: [] }, signal),
  );
  if (error) return <span class="quiet">not counted</span>;
  if (data?.total === undefined) return <span class="quiet">{isLoading ? "counting" : ""}</span>;
  const isExact = data.total_is === "exact";
  return (
    <span class="quiet" role="status">
      {isExact ? count(data.total) : `more than ${count(data.total)}`} {filters.length ? "match" : "in this range"}{" "}
      {!isExact && (
        <button type="button" class="link" onClick={() => setExact(listKey)}>
          count all
        </button>
      )}
    </span>
  );
}
