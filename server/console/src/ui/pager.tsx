/** A page of a long list: which items are shown, and the ways to the others. */

import { change } from "../url/location";
import { count } from "./number";

interface Props {
  offset: number;
  shown: number;
  total: number;
  limit: number;
  what: string;
}

export function Pager({ offset, shown, total, limit, what }: Props) {
  if (total === 0) return null;
  const to = (next: number) => () => change({ offset: next > 0 ? String(next) : null });
  return (
    <nav class="pager" aria-label={`Pages of ${what}`}>
      <span role="status">
        {shown
          ? `${count(offset + 1)}–${count(offset + shown)} of ${count(total)} ${what}`
          : `0 of ${count(total)} ${what}`}
      </span>
      {total > limit && (
        <>
          <button type="button" class="small" disabled={offset === 0} onClick={to(offset - limit)}>
            Previous
          </button>
          <button type="button" class="small" disabled={offset + shown >= total} onClick={to(offset + limit)}>
            Next
          </button>
        </>
      )}
    </nav>
  );
}
