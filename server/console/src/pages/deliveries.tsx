/** Messages about alerts: which were delivered, which wait, and why one failed. */

import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { Listing, listQuery } from "../ui/listing";
import { Rows } from "../ui/rows";
import { Search } from "../ui/search";
import { Empty } from "../ui/states";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { change, place } from "../url/location";
import { linkToPage } from "../url/routes";
import { Severity } from "./severity";
import "./monitoring.css";

const REFRESH_MS = 5000;

type Message = Schemas["Notification"];
type State = Message["state"];

const STATES: Record<State, string> = {
  pending: "waits",
  sending: "is being sent",
  delivered: "delivered",
  failed: "failed",
  cancelled: "cancelled",
  suppressed: "not sent: the rule is silent",
  not_configured: "not sent: not set up",
};
const CHANNELS: Record<Message["channel"], string> = { webhook: "Webhook", email: "Mail", pagerduty: "PagerDuty" };

export function DeliveriesPage() {
  const state = stateOf(place.value.query.get("state"));
  const page = listQuery();
  const messages = useResource(
    JSON.stringify([page, state]),
    async (signal) => {
      const filter = state && { filter: JSON.stringify({ field: "state", operator: "equal", value: state }) };
      const params = { query: { ...page, ...filter } };
      return (await body(api.GET("/v3/monitoring/notifications", { params, signal }))).data;
    },
    REFRESH_MS,
  );
  return (
    <>
      <div class="page-head">
        <h1>Messages</h1>
        <Search label="Search receivers" />
        <StateChoice state={state} />
      </div>
      <Listing resource={messages} what="messages" filters={["state"]} none={<None />}>
        {(items) => <Table messages={items} />}
      </Listing>
    </>
  );
}

function stateOf(text: string | null): State | null {
  return text !== null && text in STATES ? (text as State) : null;
}

function StateChoice({ state }: { state: State | null }) {
  return (
    <select
      aria-label="State of the messages"
      value={state ?? ""}
      onChange={(event) => change({ state: event.currentTarget.value || null, offset: null })}
    >
      <option value="">All states</option>
      {Object.entries(STATES).map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

function None() {
  return (
    <Empty title="No message has been made yet.">
      <p>
        A message is made if an alert rule that notifies somebody finds an alert. It is kept for 30 days after its end.
      </p>
    </Empty>
  );
}

function Table({ messages }: { messages: Message[] }) {
  return (
    <Rows
      label="Messages"
      rows={messages}
      id={(one) => one.id}
      columns={[
        { head: "Made", cell: (one) => <Time at={one.created_at} /> },
        {
          head: "State",
          cell: (one) => <span class={one.state === "failed" ? "fault" : ""}>{STATES[one.state]}</span>,
        },
        {
          head: "Receiver",
          cell: (one) => (
            <>
              {CHANNELS[one.channel]} <Text value={one.destination_name ?? one.destination} />
            </>
          ),
        },
        {
          head: "Alert rule",
          form: "name",
          cell: (one) => (
            <a href={linkToPage(one.model_id, "rules", one.alert_rule_id)}>
              <Text value={one.rule_name} />
            </a>
          ),
        },
        { head: "Severity", cell: (one) => <Severity of={one.severity} /> },
        { head: "Attempts", form: "number", cell: (one) => one.attempts },
        { head: "Ended or next attempt", cell: (one) => <Time at={one.ended_at ?? one.due_at} /> },
        { head: "Problem", form: "wrap", cell: (one) => one.problem && <Text value={one.problem} /> },
      ]}
    />
  );
}
