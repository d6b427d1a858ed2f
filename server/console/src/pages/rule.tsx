/** One alert rule: what it judges, how it judged last, its chart, its records, and what can be done with it. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { may } from "../api/session";
import { useAction } from "../ui/action";
import { Facts } from "../ui/facts";
import { Panel } from "../ui/panel";
import { zone } from "../ui/preferences";
import { Question } from "../ui/question";
import { Failure, Loaded } from "../ui/states";
import { plain, Text } from "../ui/text";
import { Time } from "../ui/time";
import { go, place } from "../url/location";
import { boundsOf } from "../url/range";
import { linkToPage, type Model } from "../url/routes";
import { type Rule, requestOfRule } from "./rule-draft";
import { RuleForm } from "./rule-form";
import { Evaluations, RuleRecords } from "./rule-history";
import { type Judged, judgeRange } from "./rule-preview";
import { JudgedChart } from "./rule-preview-panel";
import { aboutOf, limitsOf } from "./rule-words";
import { StateOf } from "./rules";

const REFRESH_MS = 10_000;
const DAY_MS = 86_400_000;
const DAYS: Record<Rule["bin_size"], number> = { Hour: 7, Day: 30, Week: 84, Month: 365 };

export function RulePage({ model, id }: { model: Model; id: string }) {
  const isChanging = place.value.query.get("change") === "1" && may("manage");
  const params = { path: { alert_rule_id: id } };
  // Read again after a change.
  const rule = useResource(
    `${id} ${isChanging}`,
    async (signal) => (await body(api.GET("/v3/alert-rules/{alert_rule_id}", { params, signal }))).data,
    REFRESH_MS,
  );
  return (
    <Loaded resource={rule}>
      {(found) => (isChanging ? <RuleForm model={model} rule={found} /> : <Shown rule={found} reload={rule.reload} />)}
    </Loaded>
  );
}

function Shown({ rule, reload }: { rule: Rule; reload: () => void }) {
  const last = rule.last_evaluation;
  return (
    <>
      <div class="page-head">
        <h1>
          <Text value={rule.name} />
        </h1>
        <StateOf rule={rule} />
        <span class="spacer" />
        {may("manage") && <Actions rule={rule} reload={reload} />}
      </div>
      <Facts
        facts={{
          Judges: <Text value={aboutOf(rule)} />,
          Fires: limitsOf(rule),
          Priority: rule.priority.toLowerCase(),
          "Last evaluation": <Time at={last?.evaluated_at ?? null} none="never" />,
          "Next evaluation": <Time at={rule.next_evaluation_at ?? null} />,
          "Last problem": last?.reason ? last.reason.replaceAll("_", " ") : <span class="quiet">none</span>,
          Messages: <Receivers rule={rule} />,
        }}
      />
      {may("read") && <History rule={rule} />}
    </>
  );
}

/** Show the past of a rule: the chart of its range, its records, and how its bins were judged. */
function History({ rule }: { rule: Rule }) {
  const { query } = place.value;
  const range = { from: query.get("from") ?? `now-${DAYS[rule.bin_size]}d`, to: query.get("to") ?? "now" };
  const bounds = boundsOf(range, Date.now(), zone.value) ?? {
    start: Date.now() - DAYS[rule.bin_size] * DAY_MS,
    end: Date.now(),
  };
  const revision = `${rule.alert_config_revision} ${rule.last_evaluation?.evaluated_at}`;
  const judged = useResource<Judged>(JSON.stringify([rule.id, range, zone.value, revision]), (signal) =>
    judgeRange(requestOfRule(rule), bounds.start, bounds.end, signal),
  );
  return (
    <>
      <Panel title="The values that it judges" resource={judged}>
        {(found) => <JudgedChart judged={found} title="The values that it judges" />}
      </Panel>
      <RuleRecords rule={rule} revision={revision} />
      <Evaluations rule={rule} revision={revision} />
    </>
  );
}

function Receivers({ rule }: { rule: Rule }) {
  const params = { path: { alert_rule_id: rule.id } };
  const config = useResource(`${rule.id} ${rule.updated_at}`, async (signal) => {
    return (await body(api.GET("/v3/alert-rules/{alert_rule_id}/notification", { params, signal }))).data;
  });
  if (!config.data) return <span class="quiet">…</span>;
  const { webhooks, emails, pagerduty_services: services } = config.data;
  const parts = [
    webhooks.length ? `${webhooks.length} webhook${webhooks.length > 1 ? "s" : ""}` : "",
    emails.join(", "),
    services.length ? `PagerDuty ${services.join(", ")}` : "",
  ].filter(Boolean);
  const to = parts.length ? parts.join(", ") : "nobody";
  return <Text value={rule.enable_notification ? `to ${to}` : `off, else to ${to}`} />;
}

function Actions({ rule, reload }: { rule: Rule; reload: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const [judged, setJudged] = useState<Schemas["JudgedAlertBin"] | null>(null);
  const { isRunning, error, run } = useAction();
  const params = { path: { alert_rule_id: rule.id } };
  const evaluate = async () => {
    const path = "/v3/monitoring/alert-rules/{alert_rule_id}/evaluate";
    setJudged((await body(api.POST(path, { params, body: {} }))).data);
    reload();
  };
  const toggle = async () => {
    const change = { enable_notification: !rule.enable_notification };
    await body(api.PATCH("/v3/alert-rules/{alert_rule_id}", { params, body: change }));
    reload();
  };
  const remove = async () => {
    await body(api.DELETE("/v3/alert-rules/{alert_rule_id}", { params }));
    go(linkToPage(rule.model.id, "rules"));
  };
  return (
    <>
      <button type="button" class="main" disabled={isRunning} onClick={() => run(evaluate)}>
        Evaluate now
      </button>
      <button type="button" disabled={isRunning} onClick={() => run(toggle)}>
        {rule.enable_notification ? "Switch messages off" : "Switch messages on"}
      </button>
      <a class="button" href={linkToPage(rule.model.id, "rules", rule.id, { change: "1" })}>
        Change
      </a>
      <button type="button" onClick={() => setAsking(true)}>
        Delete
      </button>
      <p class="outcome" role="status">
        {judged && outcome(judged)}
      </p>
      {error && <Failure error={error} />}
      {isAsking && (
        <Question title={`Delete ${plain(rule.name)}?`} label="Delete" act={remove} onClose={() => setAsking(false)}>
          <p>Its records and evaluations are deleted with it. Events stay.</p>
        </Question>
      )}
    </>
  );
}

function outcome({ evaluations, records }: Schemas["JudgedAlertBin"]): string {
  const states = evaluations.map((one) => one.state.replaceAll("_", " "));
  const counted = [...new Set(states)].map((state) => `${states.filter((one) => one === state).length} ${state}`);
  const made = records.length === 1 ? "1 record" : `${records.length || "no"} records`;
  return `Judged the newest bin that is over: ${counted.join(", ")}; ${made} made.`;
}
