/** What happened last to a model: open alerts, jobs and events. */

import type { ComponentChildren } from "preact";
import { api, body } from "../api/client";
import { pulse, useLive } from "../api/pulse";
import type { Resource } from "../api/resource";
import { count, figure } from "../ui/number";
import { PageLink } from "../ui/page-link";
import { Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { iso } from "../url/range";
import { linkTo, type Model, routeAt } from "../url/routes";
import type { Selection } from "../url/selection";

const SHOWN = 6;
const EVENTS = 12;
const MAX_RULES = 1000;
const OPEN = ["critical", "warning"];

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
    const params = { query: { limit: MAX_RULES, filter: ofModel(model) } };
    const rules = (await body(api.GET("/v3/alert-rules", { params, signal }))).data.items;
    return OPEN.flatMap((state) => rules.filter((rule) => rule.last_evaluation?.state === state)).slice(0, SHOWN);
  });
  return (
    <List title="Open alerts" page={{ modelId: model.id, name: "alerts" }} resource={alerts} none="None.">
      {({ id, name, last_evaluation: last }) => (
        <tr key={id}>
          <td>
            <span class={last?.state === "critical" ? "tag bad" : "tag"}>{last?.state}</span>
          </td>
          <th scope="row">
            <PageLink modelId={model.id} page="rules" item={id}>
              <Text value={name} />
            </PageLink>{" "}
            {last?.feature_name && (
              <span class="quiet">
                <Text value={last.feature_name} />
              </span>
            )}
          </th>
          <td class="number">{last?.value == null ? "" : figure(last.value)}</td>
          <td>
            <Time at={last ? iso(last.alert_time_bucket) : null} />
          </td>
        </tr>
      )}
    </List>
  );
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
