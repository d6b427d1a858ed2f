/** Records of alerts of a model: a line each, with the value against the threshold and a link to its chart. */

import { api, body, type Schemas } from "../api/client";
import { pulse, useLive } from "../api/pulse";
import { Listing, listQuery } from "../ui/listing";
import { figure } from "../ui/number";
import { zone } from "../ui/preferences";
import { Rows } from "../ui/rows";
import { Search } from "../ui/search";
import { Empty } from "../ui/states";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { change, place } from "../url/location";
import { boundsOf, iso } from "../url/range";
import { linkToPage, type Model, type ModelPageProps } from "../url/routes";
import { ChartLink, OpenAlerts } from "./open-alerts";
import { nameOf } from "./rule-metric";
import { Severity } from "./severity";
import "./monitoring.css";

const SEVERITIES: Record<string, string> = { CRITICAL: "critical", WARNING: "warning", DEFAULT: "withdrawn" };

type Found = Schemas["MonitoredAlert"];

export function AlertsPage({ model }: ModelPageProps) {
  const { query } = place.value;
  const severity = SEVERITIES[query.get("severity") ?? ""] ? query.get("severity") : null;
  const page = listQuery();
  const [from, to] = [query.get("from"), query.get("to")];
  const key = JSON.stringify([model.id, page, severity, from, to, zone.value]);
  // A record changes the number of open alerts, or at least comes with new events.
  const state = JSON.stringify([pulse.value?.open_alerts, pulse.value?.environments[0]?.data_revision]);
  const records = useLive(key, state, async (signal) => {
    const bounds = from ? boundsOf({ from, to: to ?? "now" }, Date.now(), zone.value) : undefined;
    const range = bounds && { start_time: iso(bounds.start), end_time: iso(bounds.end) };
    const all = { ...page, filter: filterOf(model.id, severity), ...range };
    return (await body(api.GET("/v3/monitoring/alert-records", { params: { query: all }, signal }))).data;
  });
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
      <Listing resource={records} what="records" filters={["severity", "from", "to"]} none={<None model={model} />}>
        {(items) => <Table records={items} />}
      </Listing>
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

function None({ model }: { model: Model }) {
  return (
    <Empty title="No bin was an alert.">
      <p>
        <a href={linkToPage(model.id, "rules")}>Alert rules</a> judge the metrics of this model, and make a record for
        each alert, each change of one, and each end.
      </p>
    </Empty>
  );
}

function Table({ records }: { records: Found[] }) {
  return (
    <Rows
      label="Records"
      rows={records}
      id={(one) => one.id}
      title={(one) => one.message}
      columns={[
        { head: "Severity", cell: (one) => <Severity of={one.severity} /> },
        {
          head: "Alert rule",
          form: "name",
          cell: (one) => (
            <a href={linkToPage(one.model.id, "rules", one.alert_rule.id)}>
              <Text value={one.alert_rule.name} />
            </a>
          ),
        },
        { head: "Column", cell: (one) => one.feature_name && <Text value={nameOf(one.feature_name)} /> },
        { head: "Value", form: "number", cell: (one) => figure(one.alert_value) },
        { head: "Threshold", form: "number", cell: (one) => figure(thresholdOf(one)) },
        { head: "Since", cell: (one) => <Time at={iso(one.alert_time_bucket)} /> },
        { head: "Recorded", cell: (one) => <Time at={one.created_at} /> },
        { head: "Priority", cell: (one) => one.priority.toLowerCase() },
        {
          head: "Chart",
          form: "actions",
          cell: (one) => <ChartLink modelId={one.model.id} rule={one.alert_rule} bin={one.alert_time_bucket} />,
        },
      ]}
    />
  );
}

/** Return the threshold that a value crossed, or the first that it would have to. */
function thresholdOf(one: Found): number {
  return one.severity === "CRITICAL" ? one.critical_threshold : (one.warning_threshold ?? one.critical_threshold);
}
