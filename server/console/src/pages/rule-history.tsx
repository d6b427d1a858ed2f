/** What the judgements of an alert rule left behind: its records, and how each bin was judged last. */

import type { ComponentChildren } from "preact";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { count, figure } from "../ui/number";
import { Panel } from "../ui/panel";
import { type Column, Rows } from "../ui/rows";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { iso } from "../url/range";
import type { Rule } from "./rule-draft";
import { nameOf } from "./rule-metric";
import { Severity } from "./severity";

const LIMIT = 20;

interface Props {
  rule: Rule;
  /** Changes if there may be new ones. */
  revision: string;
}

export function RuleRecords({ rule, revision }: Props) {
  const params = { path: { alert_rule_id: rule.id }, query: { limit: LIMIT } };
  const records = useResource(`${rule.id} ${revision}`, async (signal) => {
    return (await body(api.GET("/v3/alert-rules/{alert_rule_id}/records", { params, signal }))).data;
  });
  return (
    <Panel title="Records" resource={records} isLow>
      {({ items, total }) => (
        <Newest title="Records" total={total} none="No bin was an alert.">
          <Rows
            label="Records"
            rows={items}
            id={(one) => one.id}
            title={(one) => one.message}
            columns={[
              { head: "Severity", cell: (one) => <Severity of={one.severity} /> },
              ...binColumns(rule),
              { head: "Value", form: "number", cell: (one) => figure(one.alert_value) },
              { head: "Critical", form: "number", cell: (one) => figure(one.critical_threshold) },
              { head: "Warning", form: "number", cell: (one) => orNone(one.warning_threshold) },
              { head: "Recorded", cell: (one) => <Time at={one.created_at} /> },
            ]}
          />
        </Newest>
      )}
    </Panel>
  );
}

export function Evaluations({ rule, revision }: Props) {
  const params = { path: { alert_rule_id: rule.id }, query: { limit: LIMIT } };
  const evaluations = useResource(`${rule.id} ${revision}`, async (signal) => {
    return (await body(api.GET("/v3/monitoring/alert-rules/{alert_rule_id}/evaluations", { params, signal }))).data;
  });
  return (
    <Panel title="Evaluations" resource={evaluations} isLow>
      {({ items, total }) => (
        <Newest title="Evaluations" total={total} none="No bin was judged yet.">
          <Rows
            label="Evaluations"
            rows={items}
            id={(one) => `${one.alert_time_bucket} ${one.feature_name}`}
            columns={[
              { head: "State", cell: (one) => <Severity of={one.state} /> },
              ...binColumns(rule),
              { head: "Value", form: "number", cell: (one) => orNone(one.value) },
              { head: "Reason", cell: (one) => one.reason?.replaceAll("_", " ") },
              { head: "Judged", cell: (one) => <Time at={one.evaluated_at} /> },
            ]}
          />
        </Newest>
      )}
    </Panel>
  );
}

interface NewestProps {
  title: string;
  total: number;
  none: string;
  children: ComponentChildren;
}

function Newest({ title, total, none, children }: NewestProps) {
  return (
    <>
      <h2>
        {title} <span class="quiet">{total > LIMIT ? `the newest ${LIMIT} of ${count(total)}` : count(total)}</span>
      </h2>
      {total === 0 ? <p class="quiet">{none}</p> : children}
    </>
  );
}

type Binned = Pick<Schemas["AlertEvaluation"], "alert_time_bucket" | "feature_name">;

/** Return the columns of a bin, and of the model's column if the rule has any. */
function binColumns(rule: Rule): (Column<Binned> | null)[] {
  return [
    { head: "Bin from", cell: (one) => <Time at={iso(one.alert_time_bucket)} /> },
    rule.feature_names
      ? { head: "Column", cell: (one) => one.feature_name && <Text value={nameOf(one.feature_name)} /> }
      : null,
  ];
}

function orNone(value: number | null): string {
  return value === null ? "–" : figure(value);
}
