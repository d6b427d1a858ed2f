/** Records of alerts of a model: a line each, with the value against the threshold and a link to its chart. */

import { api, body, type Schemas } from "../api/client";
import { pulse, useLive } from "../api/pulse";
import { count, figure } from "../ui/number";
import { Pager } from "../ui/pager";
import { zone } from "../ui/preferences";
import { Search } from "../ui/search";
import { Empty, Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { change, place } from "../url/location";
import { boundsOf, iso } from "../url/range";
import { linkToPage, type Model, type ModelPageProps } from "../url/routes";
import { aroundBin } from "./alert-marks";
import { OpenAlerts } from "./open-alerts";
import { nameOf } from "./rule-metric";
import { Severity } from "./severity";
import "./monitoring.css";

const LIMIT = 50;
const SEVERITIES: Record<string, string> = { CRITICAL: "critical", WARNING: "warning", DEFAULT: "withdrawn" };

type Record_ = Schemas["MonitoredAlert"];

export function AlertsPage({ model }: ModelPageProps) {
  const { query } = place.value;
  const search = query.get("search") ?? "";
  const severity = SEVERITIES[query.get("severity") ?? ""] ? query.get("severity") : null;
  const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0);
  const [from, to] = [query.get("from"), query.get("to")];
  const key = JSON.stringify([model.id, search, severity, offset, from, to, zone.value]);
  // A record changes the number of open alerts, or at least comes with new events.
  const state = JSON.stringify([pulse.value?.open_alerts, pulse.value?.environments[0]?.data_revision]);
  const records = useLive(key, state, async (signal) => {
    const bounds = from ? boundsOf({ from, to: to ?? "now" }, Date.now(), zone.value) : undefined;
    const range = bounds && { start_time: iso(bounds.start), end_time: iso(bounds.end) };
    const all = { limit: LIMIT, offset, filter: filterOf(model.id, severity), ...range, ...(search && { search }) };
    return (await body(api.GET("/v3/monitoring/alert-records", { params: { query: all }, signal }))).data;
  });
  const isFiltered = search !== "" || severity !== null || from !== null;
  return (
    <>
      <div class="page-head">
        <h1>Alerts</h1>
        <Search label="Search names of rules" />
        <SeverityChoice now={severity} />
        <span class="spacer" />
        <a href={linkToPage(model.id, "rules")}>Alert rules</a>
      </div>
      <OpenAlerts modelId={model.id} state={state} />
      <h2>Records</h2>
      <Loaded resource={records}>
        {(page) =>
          page.items.length ? (
            <>
              <Table records={page.items} />
              <Pager offset={offset} shown={page.items.length} total={page.total} limit={LIMIT} what="records" />
            </>
          ) : (
            <None model={model} isFiltered={isFiltered} total={page.total} />
          )
        }
      </Loaded>
    </>
  );
}

function filterOf(modelId: string, severity: string | null): string {
  const rules = [{ field: "model_id", operator: "equal", value: modelId }];
  if (severity) rules.push({ field: "severity", operator: "equal", value: severity });
  return JSON.stringify({ condition: "AND", rules });
}

function SeverityChoice({ now }: { now: string | null }) {
  return (
    <select
      aria-label="Severity of the records"
      value={now ?? ""}
      onChange={(event) => change({ severity: event.currentTarget.value || null, offset: null })}
    >
      <option value="">All severities</option>
      {Object.entries(SEVERITIES).map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

function None({ model, isFiltered, total }: { model: Model; isFiltered: boolean; total: number }) {
  if (isFiltered || total > 0) {
    return (
      <Empty title={total > 0 ? `There are only ${count(total)} records.` : "No record is like this."}>
        <button
          type="button"
          onClick={() => change({ search: null, severity: null, from: null, to: null, offset: null })}
        >
          Show all records
        </button>
      </Empty>
    );
  }
  return (
    <Empty title="No bin was an alert.">
      <p>
        <a href={linkToPage(model.id, "rules")}>Alert rules</a> judge the metrics of this model, and make a record for
        each alert, each change of one, and each end.
      </p>
    </Empty>
  );
}

function Table({ records }: { records: Record_[] }) {
  return (
    <TableBox label="Records">
      <table>
        <thead>
          <tr>
            <th scope="col">Severity</th>
            <th scope="col">Alert rule</th>
            <th scope="col">Column</th>
            <th scope="col" class="number">
              Value
            </th>
            <th scope="col" class="number">
              Threshold
            </th>
            <th scope="col">Since</th>
            <th scope="col">Recorded</th>
            <th scope="col">Priority</th>
            <th scope="col">
              <span class="hidden">Chart</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {records.map((one) => (
            <tr key={one.id} title={one.message}>
              <td>
                <Severity of={one.severity} />
              </td>
              <th scope="row">
                <a href={linkToPage(one.model.id, "rules", one.alert_rule.id)}>
                  <Text value={one.alert_rule.name} />
                </a>
              </th>
              <td>{one.feature_name && <Text value={nameOf(one.feature_name)} />}</td>
              <td class="number">{figure(one.alert_value)}</td>
              <td class="number">{figure(thresholdOf(one))}</td>
              <td>
                <Time at={iso(one.alert_time_bucket)} />
              </td>
              <td>
                <Time at={one.created_at} />
              </td>
              <td>{one.priority.toLowerCase()}</td>
              <td class="actions">
                <a
                  href={linkToPage(one.model.id, "rules", one.alert_rule.id, aroundBin(one.alert_time_bucket))}
                  aria-label={`Chart of ${one.alert_rule.name} around this bin`}
                >
                  Chart
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

/** Return the threshold that a value crossed, or the first that it would have to. */
function thresholdOf(one: Record_): number {
  return one.severity === "CRITICAL" ? one.critical_threshold : (one.warning_threshold ?? one.critical_threshold);
}
