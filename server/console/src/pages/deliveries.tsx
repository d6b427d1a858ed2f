/** Messages about alerts: which were delivered, which wait, and why one failed. */

import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { count } from "../ui/number";
import { Pager } from "../ui/pager";
import { Search } from "../ui/search";
import { Empty, Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { change, place } from "../url/location";
import { linkToPage } from "../url/routes";
import { Severity } from "./severity";
import "./monitoring.css";

const LIMIT = 50;
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
  const { query } = place.value;
  const search = query.get("search") ?? "";
  const state = stateOf(query.get("state"));
  const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0);
  const messages = useResource(
    JSON.stringify([search, state, offset]),
    async (signal) => {
      const filter = state && { filter: JSON.stringify({ field: "state", operator: "equal", value: state }) };
      const params = { query: { limit: LIMIT, offset, ...(search && { search }), ...filter } };
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
      <Loaded resource={messages}>
        {(page) =>
          page.items.length ? (
            <>
              <Table messages={page.items} />
              <Pager offset={offset} shown={page.items.length} total={page.total} limit={LIMIT} what="messages" />
            </>
          ) : (
            <None isFiltered={search !== "" || state !== null} total={page.total} />
          )
        }
      </Loaded>
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

function None({ isFiltered, total }: { isFiltered: boolean; total: number }) {
  if (isFiltered || total > 0) {
    return (
      <Empty title={total > 0 ? `There are only ${count(total)} messages.` : "No message is like this."}>
        <button type="button" onClick={() => change({ search: null, state: null, offset: null })}>
          Show all messages
        </button>
      </Empty>
    );
  }
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
    <TableBox label="Messages">
      <table>
        <thead>
          <tr>
            <th scope="col">Made</th>
            <th scope="col">State</th>
            <th scope="col">Receiver</th>
            <th scope="col">Alert rule</th>
            <th scope="col">Severity</th>
            <th scope="col" class="number">
              Attempts
            </th>
            <th scope="col">Ended or next attempt</th>
            <th scope="col">Problem</th>
          </tr>
        </thead>
        <tbody>
          {messages.map((one) => (
            <tr key={one.id}>
              <td>
                <Time at={one.created_at} />
              </td>
              <td class={one.state === "failed" ? "fault" : ""}>{STATES[one.state]}</td>
              <td>
                {CHANNELS[one.channel]} <Text value={one.destination_name ?? one.destination} />
              </td>
              <td>
                <a href={linkToPage(one.model_id, "rules", one.alert_rule_id)}>
                  <Text value={one.rule_name} />
                </a>
              </td>
              <td>
                <Severity of={one.severity} />
              </td>
              <td class="number">{one.attempts}</td>
              <td>
                <Time at={one.ended_at ?? one.due_at} />
              </td>
              <td class="wrap">{one.problem && <Text value={one.problem} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
