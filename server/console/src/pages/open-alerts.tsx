/** The alert rules of a model that are alerts in the newest bin that was judged. */

import { api, body } from "../api/client";
import { useLive } from "../api/pulse";
import { figure } from "../ui/number";
import { Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
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
    <TableBox label="Open alerts">
      <table>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Alert rule</th>
            <th scope="col">Column</th>
            <th scope="col" class="number">
              Value
            </th>
            <th scope="col">Fires</th>
            <th scope="col">In the bin from</th>
            <th scope="col">
              <span class="hidden">Chart</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <Row key={rule.id} rule={rule} />
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Row({ rule }: { rule: Rule }) {
  const last = rule.last_evaluation;
  if (!last) return null;
  const around = aroundBin(last.alert_time_bucket);
  return (
    <tr>
      <td>
        <Severity of={last.state} />
      </td>
      <th scope="row">
        <a href={linkToPage(rule.model.id, "rules", rule.id)}>
          <Text value={rule.name} />
        </a>
      </th>
      <td>{last.feature_name && <Text value={nameOf(last.feature_name)} />}</td>
      <td class="number">{last.value === null ? "–" : figure(last.value)}</td>
      <td>{limitsOf(rule)}</td>
      <td>
        <Time at={iso(last.alert_time_bucket)} />
      </td>
      <td class="actions">
        <a
          href={linkToPage(rule.model.id, "rules", rule.id, around)}
          aria-label={`Chart of ${rule.name} around this bin`}
        >
          Chart
        </a>
      </td>
    </tr>
  );
}
