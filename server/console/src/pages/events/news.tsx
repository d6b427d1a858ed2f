/** New events wait behind a button, so that rows do not move under one's eyes. */

import { useEffect } from "preact/hooks";
import { count } from "../../ui/number";
import type { Selection } from "../../url/selection";
import { goFirst } from "./cursor";

interface Props {
  loaded: { revision: string; events: number } | undefined;
  selection: Selection;
  isEmpty: boolean;
  reload: () => void;
}

export function News({ loaded, selection, isEmpty, reload }: Props) {
  const { environment, revision } = selection;
  const isOld = loaded !== undefined && loaded.revision !== revision;
  useEffect(() => {
    // Without rows there is nothing that could move.
    if (isOld && isEmpty) reload();
  }, [isOld, isEmpty, revision]);
  if (!isOld || isEmpty) return null;
  const more = environment.is_exact ? environment.events - loaded.events : 0;
  const follow = () => {
    goFirst();
    reload();
  };
  return (
    <p class="news" role="status">
      <button type="button" class="small" onClick={follow}>
        {more > 0 ? `${count(more)} new ${more === 1 ? "event" : "events"}: show` : "Events have changed: show"}
      </button>
    </p>
  );
}
