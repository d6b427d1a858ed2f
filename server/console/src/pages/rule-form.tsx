/** The form of an alert rule. Beside it the past is drawn with the thresholds, and how often the rule would have fired. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { may } from "../api/session";
import { useAction } from "../ui/action";
import { Field, Form } from "../ui/form";
import { Loaded } from "../ui/states";
import { go } from "../url/location";
import { linkToPage, type Model } from "../url/routes";
import { Receivers, type Receiving, receiversOf, receivingOf } from "./receivers";
import { type Draft, draftOf, EMPTY, missing, type Rule, requestOf, updateOf } from "./rule-draft";
import { MetricFields } from "./rule-metric";
import { useRulePreview } from "./rule-preview";
import { RulePreview } from "./rule-preview-panel";
import { ThresholdFields } from "./rule-thresholds";

interface Props {
  model: Model;
  /** The rule to change; without it, a new one is made. */
  rule?: Rule;
}

export function RuleForm({ model, rule }: Props) {
  const path = { model_id: model.id };
  const known = useResource(model.id, async (signal) => {
    const [metrics, config] = await Promise.all([
      body(api.GET("/v3/models/{model_id}/metrics", { params: { path }, signal })),
      rule && notificationOf(rule.id, signal),
    ]);
    return { metrics: metrics.data.metrics, receiving: receivingOf(config) };
  });
  return (
    <>
      <div class="page-head">
        <h1>{rule ? "Change the alert rule" : "New alert rule"}</h1>
      </div>
      <Loaded resource={known}>
        {({ metrics, receiving }) => (
          <Filled model={model} rule={rule ?? null} metrics={metrics} receiving={receiving} />
        )}
      </Loaded>
    </>
  );
}

async function notificationOf(alert_rule_id: string, signal: AbortSignal) {
  const params = { path: { alert_rule_id } };
  return (await body(api.GET("/v3/alert-rules/{alert_rule_id}/notification", { params, signal }))).data;
}

interface FilledProps {
  model: Model;
  rule: Rule | null;
  metrics: Schemas["ModelMetric"][];
  receiving: Receiving;
}

function Filled({ model, rule, metrics, receiving }: FilledProps) {
  const [draft, setDraft] = useState(rule ? draftOf(rule) : EMPTY);
  const [receivers, setReceivers] = useState(receiving);
  const action = useAction();
  const metric = metrics.find((one) => one.id === draft.metric);
  const lacks = missing(draft, metric);
  const preview = useRulePreview(model, lacks ? null : requestOf(model.id, draft, metric));
  const change = (fields: Partial<Draft>) => setDraft((last) => ({ ...last, ...fields }));
  // A second attempt must not make the rule again, if only its receivers were refused.
  const [made, setMade] = useState<string | null>(rule?.id ?? null);
  const save = async () => {
    const id = made ?? (await create(requestOf(model.id, draft, metric)));
    setMade(id);
    if (rule) await update(id, updateOf(draft, rule));
    await notify(id, receiversOf(receivers));
    go(linkToPage(model.id, "rules", id));
  };
  const leave = () => go(linkToPage(model.id, "rules", rule?.id ?? null));
  const isFixed = rule !== null;
  return (
    <div class="editor">
      <Form
        action={action}
        submit={save}
        label={rule ? "Save" : "Create"}
        onCancel={leave}
        conflictAt="/name"
        preview={preview.error}
      >
        <Field label="Name" at="/name">
          {(input) => (
            <input
              {...input}
              required
              maxLength={255}
              value={draft.name}
              onInput={(event) => change({ name: event.currentTarget.value })}
            />
          )}
        </Field>
        <MetricFields model={model} metrics={metrics} draft={draft} change={change} isFixed={isFixed} />
        <ThresholdFields metric={metric} draft={draft} change={change} isFixed={isFixed} />
        <Receivers receiving={receivers} change={setReceivers} />
      </Form>
      {may("read") && <RulePreview draft={draft} lacks={lacks} preview={preview} />}
    </div>
  );
}

async function create(rule: Schemas["AlertRuleCreate"]): Promise<string> {
  return (await body(api.POST("/v3/alert-rules", { body: rule }))).data.id;
}

async function update(alert_rule_id: string, changes: Schemas["AlertRuleUpdate"]): Promise<void> {
  await body(api.PATCH("/v3/alert-rules/{alert_rule_id}", { params: { path: { alert_rule_id } }, body: changes }));
}

async function notify(alert_rule_id: string, config: Schemas["NotificationConfigChange"]): Promise<void> {
  const params = { path: { alert_rule_id } };
  await body(api.POST("/v3/alert-rules/{alert_rule_id}/notification", { params, body: config }));
}
