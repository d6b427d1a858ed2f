/** What happened last to a model: open alerts, jobs and events. */

import type { ComponentChildren } from "preact";
import { api, body, type Schemas } from "../api/client";
import { pulse, useLive } from "../api/pulse";
import type { Resource } from "../api/resource";
import { count } from "../ui/number";
import { PageLink } from "../ui/page-link";
import { Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { linkTo, type Model, routeAt } from "../url/routes";
import type { Selection } from "../url/selection";

const SHOWN = 6;
const EVENTS = 12;
const READ = 50;

interface ListProps<T> {
  title: string;
  page?: { modelId: string; name: string };
  resource: Resource<T[]>;
  none: string;
  children: (item: T) => ComponentChildren;
}

function List<T extends object>({ title, page, resource, none, children }: ListProps<T>) {
  return (
    <section aria-label={title}>
      <div class="panel-head">
        <h2>
          {page ? (
            <PageLink modelId={page.modelId} page={page.name}>
              {title}
            </PageLink>
          ) : (
            title
          )}
        </h2>
      </div>
      <Loaded resource={resource}>
        {(items) =>
          items.length ? (
            <TableBox label={title}>
              <table class="list">
                <tbody>{items.map((item) => children(item))}</tbody>
              </table>
            </TableBox>
          ) : (
            <p class="quiet">{none}</p>
          )
        }
      </Loaded>
    </section>
  );
}

function ofModel(model: Model): string {
  return JSON.stringify({ field: "model_id", operator: "in", value: [model.id] });
}

export function OpenAlerts({ model }: { model: Model }) {
  const revision = JSON.stringify(pulse.value?.open_alerts);
  const alerts = useLive(`alerts ${model.id}`, revision, async (signal) => {
    const params = { query: { limit: READ, filter: ofModel(model) } };
    return open((await body(api.GET("/v3/monitoring/alert-records", { params, signal }))).data.items);
  });
  return (
    <List title="Open alerts" page={{ modelId: model.id, name: "alerts" }} resource={alerts} none="None.">
      {(alert) => (
        <tr key={alert.id}>
          <td>
            <span class={alert.severity === "CRITICAL" ? "tag bad" : "tag"}>{alert.severity?.toLowerCase()}</span>
          </td>
          <th scope="row" class="wrap">
            <Text value={alert.alert_rule.name} />
            <span class="quiet line small">
              <Text value={alert.message} />
            </span>
          </th>
        </tr>
      )}
    </List>
  );
}

/** Return the newest record of each rule and column, if it is an alert. */
function open(records: Schemas["MonitoredAlert"][]): Schemas["MonitoredAlert"][] {
  const newest = new Map<string, Schemas["MonitoredAlert"]>();
  for (const record of records) {
    const key = JSON.stringify([record.alert_rule_id, record.feature_name]);
    const known = newest.get(key);
    const order = (one: Schemas["MonitoredAlert"]) => [
      one.alert_time_bucket,
      one.alert_record_main_version,
      one.alert_record_sub_version,
    ];
    if (!known || isAfter(order(record), order(known))) newest.set(key, record);
  }
  return [...newest.values()].filter((record) => record.is_alert).slice(0, SHOWN);
}

function isAfter(one: number[], other: number[]): boolean {
  const n = one.findIndex((value, place) => value !== other[place]);
  return n >= 0 && (one[n] ?? 0) > (other[n] ?? 0);
}

export function LastJobs({ model }: { model: Model }) {
  const jobs = pulse.value?.jobs;
  const revision = JSON.stringify([jobs, pulse.value?.environments.map((one) => one.data_revision)]);
  const found = useLive(`jobs ${model.id}`, revision, async (signal) => {
    const params = { query: { limit: SHOWN, filter: ofModel(model) } };
    return (await body(api.GET("/v3/jobs", { params, signal }))).data.items;
  });
  const hasPage = routeAt("/jobs") !== null;
  return (
    <List title="Last jobs" resource={found} none="No job ran in the last 90 days.">
      {(job) => (
        <tr key={job.id}>
          <td>
            <span class={job.status === "FAILURE" ? "tag bad" : "tag"}>
              {job.status === "STARTED" ? `${count(Math.floor(job.progress))}%` : job.status.toLowerCase()}
            </span>
          </td>
          <th scope="row">
            {hasPage ? <a href={linkTo(`/jobs/${job.id}`)}>{job.name}</a> : job.name}{" "}
            <span class="quiet">
              <Text value={job.info.resource_name} />
            </span>
          </th>
          <td>
            <Time at={job.created_at} />
          </td>
        </tr>
      )}
    </List>
  );
}

export function LastEvents({ model, selection }: { model: Model; selection: Selection }) {
  const { environment, revision } = selection;
  const events = useLive(`events ${environment.id}`, revision, async (signal) => {
    const of =
      environment.type === "PRODUCTION"
        ? { env_type: "PRODUCTION" as const }
        : { env_type: "PRE_PRODUCTION" as const, env_name: environment.name };
    const request = { model_id: model.id, ...of, limit: EVENTS, order: "desc" as const, columns: [], preview: 200 };
    return (await body(api.POST("/v3/events/query", { body: request, signal }))).data.items;
  });
  return (
    <List title="Last events" page={{ modelId: model.id, name: "events" }} resource={events} none="None.">
      {(event) => (
        <tr key={event.event_id}>
          <td>
            <Time at={event.timestamp} />
          </td>
          <th scope="row">
            <PageLink modelId={model.id} page="events" item={event.event_id}>
              <Text value={event.event_id} />
            </PageLink>
          </th>
          <td class="number quiet">
            {event.violations.length
              ? event.violations.length === 1
                ? "1 violation"
                : `${count(event.violations.length)} violations`
              : ""}
          </td>
        </tr>
      )}
    </List>
  );
}
