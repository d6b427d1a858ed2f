/** The alert rules of a model that are alerts in the newest bin that was judged. */

import { api, body } from "../api/client";
import { useLive } from "../api/pulse";
import { figure } from "../ui/number";
import { Rows } from "../ui/rows";
import { Loaded } from "../ui/states";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { iso } from "../url/range";
import { linkToPage } from "../url/routes";
import { aroundBin } from "./alert-marks";
import type { Rule } from "./rule-draft";
import { nameOf } from "./rule-metric";
import { limitsOf } from "./rule-words";
import { Severity } from "./severity";

const ORDER = ["critical", "warning"];

export function OpenAlerts({ modelId, state }: { modelId: string; state: string }) {
  const rules = useLive(`open alerts ${modelId}`, state, async (signal) => {
    const filter = JSON.stringify({ field: "model_id", operator: "equal", value: modelId });
    const params = { query: { limit: 1000, filter } };
    const { items } = (await body(api.GET("/v3/alert-rules", { params, signal }))).data;
    const rank = (rule: Rule) => ORDER.indexOf(rule.last_evaluation?.state ?? "");
    return { total: items.length, open: items.filter((rule) => rank(rule) >= 0).sort((a, b) => rank(a) - rank(b)) };
  });
  return (
    <Loaded resource={rules}>
      {({ open, total }) =>
        open.length ? (
          <>
            <h2>Open now</h2>
            <Table rules={open} />
          </>
        ) : (
          total > 0 && (
            <p class="quiet">No alert is open: {total === 1 ? "the rule is" : `all ${total} rules are`} quiet.</p>
          )
        )
      }
    </Loaded>
  );
}

function Table({ rules }: { rules: Rule[] }) {
  return (
    <Rows
      label="Open alerts"
      rows={rules.flatMap((rule) => (rule.last_evaluation ? [{ rule, last: rule.last_evaluation }] : []))}
      id={({ rule }) => rule.id}
      columns={[
        { head: "State", cell: ({ last }) => <Severity of={last.state} /> },
        {
          head: "Alert rule",
          form: "name",
          cell: ({ rule }) => (
            <a href={linkToPage(rule.model.id, "rules", rule.id)}>
              <Text value={rule.name} />
            </a>
          ),
        },
        { head: "Column", cell: ({ last }) => last.feature_name && <Text value={nameOf(last.feature_name)} /> },
        { head: "Value", form: "number", cell: ({ last }) => (last.value === null ? "–" : figure(last.value)) },
        { head: "Fires", cell: ({ rule }) => limitsOf(rule) },
        { head: "In the bin from", cell: ({ last }) => <Time at={iso(last.alert_time_bucket)} /> },
        {
          head: "Chart",
          form: "actions",
          cell: ({ rule, last }) => <ChartLink modelId={rule.model.id} rule={rule} bin={last.alert_time_bucket} />,
        },
      ]}
    />
  );
}

interface ChartLinkProps {
  modelId: string;
  rule: { id: string; name: string };
  bin: number;
}

/** Link to the chart of a rule, with an absolute range around a bin. */
export function ChartLink({ modelId, rule, bin }: ChartLinkProps) {
  return (
    <a
      href={linkToPage(modelId, "rules", rule.id, aroundBin(bin))}
      aria-label={`Chart of ${rule.name} around this bin`}
    >
      Chart
    </a>
  );
}
