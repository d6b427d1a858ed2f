/** One event: its times, and its values by role with what the schema says about them. */

import { useState } from "preact/hooks";
import { useLive } from "../../api/pulse";
import { may } from "../../api/session";
import { CallDialog } from "../../chart/menu";
import { Copy } from "../../ui/copy";
import { duration } from "../../ui/number";
import { Empty, Loaded } from "../../ui/states";
import { plain, Text } from "../../ui/text";
import { Time } from "../../ui/time";
import { linkToPage, type Model } from "../../url/routes";
import { useSelection } from "../../url/selection";
import { DeleteEvent } from "./event-actions";
import { EventValues } from "./event-values";
import { neighbours } from "./listed";
import { eventBody, isWide, readEvents, type StoredEvent } from "./request";

interface Props {
  model: Model;
  id: string;
}

export function EventPage({ model, id }: Props) {
  const selection = useSelection();
  const request = eventBody(selection, id, isWide(model) ? [] : undefined);
  const event = useLive(JSON.stringify(request), selection.revision, async (signal) => {
    return (await readEvents(request, signal)).items[0] ?? null;
  });
  return (
    <>
      <Way model={model} id={id} />
      <Loaded resource={event}>
        {(found) =>
          found ? (
            <Shown model={model} event={found} reload={event.reload} />
          ) : (
            <Empty title={`There is no event “${plain(id)}” in ${selection.environment.name}.`}>
              <a href={linkToPage(model.id, "events")}>All events</a>
            </Empty>
          )
        }
      </Loaded>
    </>
  );
}

/** The list, and the events before and after this one in it. */
function Way({ model, id }: Props) {
  const { before, after, place, of } = neighbours(id);
  const to = (other: string) => linkToPage(model.id, "events", other);
  return (
    <nav class="pager" aria-label="Events of the list">
      <a href={linkToPage(model.id, "events")}>Events</a>
      {place >= 0 && (
        <>
          <span>
            {place + 1} of {of} on the page
          </span>
          {before !== null && (
            <a href={to(before)} rel="prev">
              Previous
            </a>
          )}
          {after !== null && (
            <a href={to(after)} rel="next">
              Next
            </a>
          )}
        </>
      )}
    </nav>
  );
}

function Shown({ model, event, reload }: { model: Model; event: StoredEvent; reload: () => void }) {
  const selection = useSelection();
  const [open, setOpen] = useState<"call" | "delete" | null>(null);
  const isProduction = selection.environment.type === "PRODUCTION";
  const close = () => setOpen(null);
  const call = { path: "/v3/events/query", body: eventBody(selection, event.event_id) };
  return (
    <>
      <div class="page-head">
        <h1>
          <Text value={event.event_id} />
        </h1>
        <Copy text={event.event_id} what="id of the event" />
        <span class="spacer" />
        <button type="button" class="small" onClick={() => setOpen("call")}>
          As API call
        </button>
        {isProduction && may("ingest") && (
          <button type="button" class="small" onClick={() => setOpen("delete")}>
            Delete
          </button>
        )}
      </div>
      <Times event={event} />
      <EventValues model={model} event={event} isProduction={isProduction} reload={reload} />
      {open === "call" && <CallDialog call={call} revision={selection.revision} onClose={close} />}
      {open === "delete" && <DeleteEvent model={model} id={event.event_id} onClose={close} />}
    </>
  );
}

function Times({ event }: { event: StoredEvent }) {
  const lag = (Date.parse(event.received_at) - Date.parse(event.timestamp)) / 1000;
  return (
    <dl class="facts">
      <div>
        <dt>Event time</dt>
        <dd>
          <Time at={event.timestamp} isExact />
        </dd>
      </div>
      <div>
        <dt>Received</dt>
        <dd>
          <Time at={event.received_at} isExact />{" "}
          <span class="quiet">{lag >= 0 ? `${duration(lag)} later` : `${duration(-lag)} before its time`}</span>
        </dd>
      </div>
      <div>
        <dt>Last changed</dt>
        <dd>
          <Time at={event.updated_at} isExact none="never" />
        </dd>
      </div>
    </dl>
  );
}
