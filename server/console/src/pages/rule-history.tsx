/** What the judgements of an alert rule left behind: its records, and how each bin was judged last. */

import { api, body } from "../api/client";
import { useResource } from "../api/resource";
import { count, figure } from "../ui/number";
import { Panel } from "../ui/panel";
import { TableBox } from "../ui/table-box";
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
        <>
          <h2>
            Records <span class="quiet">{total > LIMIT ? `the newest ${LIMIT} of ${count(total)}` : count(total)}</span>
          </h2>
          {items.length === 0 && <p class="quiet">No bin was an alert.</p>}
          {items.length > 0 && (
            <TableBox label="Records">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Severity</th>
                    <th scope="col">Bin from</th>
                    <th scope="col">Column</th>
                    <th scope="col" class="number">
                      Value
                    </th>
                    <th scope="col" class="number">
                      Critical
                    </th>
                    <th scope="col" class="number">
                      Warning
                    </th>
                    <th scope="col">Recorded</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((one) => (
                    <tr key={one.id} title={one.message}>
                      <td>
                        <Severity of={one.severity} />
                      </td>
                      <td>
                        <Time at={iso(one.alert_time_bucket)} />
                      </td>
                      <td>{one.feature_name && <Text value={nameOf(one.feature_name)} />}</td>
                      <td class="number">{figure(one.alert_value)}</td>
                      <td class="number">{figure(one.critical_threshold)}</td>
                      <td class="number">{one.warning_threshold === null ? "–" : figure(one.warning_threshold)}</td>
                      <td>
                        <Time at={one.created_at} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableBox>
          )}
        </>
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
        <>
          <h2>
            Evaluations{" "}
            <span class="quiet">{total > LIMIT ? `the newest ${LIMIT} of ${count(total)}` : count(total)}</span>
          </h2>
          {items.length === 0 && <p class="quiet">No bin was judged yet.</p>}
          {items.length > 0 && (
            <TableBox label="Evaluations">
              <table>
                <thead>
                  <tr>
                    <th scope="col">State</th>
                    <th scope="col">Bin from</th>
                    <th scope="col">Column</th>
                    <th scope="col" class="number">
                      Value
                    </th>
                    <th scope="col">Reason</th>
                    <th scope="col">Judged</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((one) => (
                    <tr key={`${one.alert_time_bucket} ${one.feature_name}`}>
                      <td>
                        <Severity of={one.state} />
                      </td>
                      <td>
                        <Time at={iso(one.alert_time_bucket)} />
                      </td>
                      <td>{one.feature_name && <Text value={nameOf(one.feature_name)} />}</td>
                      <td class="number">{one.value === null ? "–" : figure(one.value)}</td>
                      <td>{one.reason?.replaceAll("_", " ")}</td>
                      <td>
                        <Time at={one.evaluated_at} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableBox>
          )}
        </>
      )}
    </Panel>
  );
}
