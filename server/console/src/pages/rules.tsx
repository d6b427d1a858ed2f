/** Alert rules of a model: the list, one of them, and the form of a new one. */

import { api, body } from "../api/client";
import { useResource } from "../api/resource";
import { may } from "../api/session";
import { count } from "../ui/number";
import { Pager } from "../ui/pager";
import { Search } from "../ui/search";
import { ordering, SortHead } from "../ui/sorting";
import { Empty, Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { change, place } from "../url/location";
import { linkToPage, type ModelPageProps } from "../url/routes";
import { RulePage } from "./rule";
import type { Rule } from "./rule-draft";
import { RuleForm } from "./rule-form";
import { aboutOf, limitsOf } from "./rule-words";
import { Severity } from "./severity";
import "./monitoring.css";

const LIMIT = 50;
const REFRESH_MS = 10_000;
const USUAL = "name";

export function RulesPage({ model, item }: ModelPageProps) {
  if (item === "new") return <RuleForm model={model} />;
  if (item !== null) return <RulePage key={item} model={model} id={item} />;
  return <List model={model} item={item} />;
}

function List({ model }: ModelPageProps) {
  const { query } = place.value;
  const search = query.get("search") ?? "";
  const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0);
  const order = ordering(USUAL);
  const rules = useResource(
    JSON.stringify([model.id, search, offset, order]),
    async (signal) => {
      const filter = JSON.stringify({ field: "model_id", operator: "equal", value: model.id });
      const all = { limit: LIMIT, offset, ordering: order, filter };
      const params = { query: search ? { ...all, search } : all };
      return (await body(api.GET("/v3/alert-rules", { params, signal }))).data;
    },
    REFRESH_MS,
  );
  return (
    <>
      <div class="page-head">
        <h1>Alert rules</h1>
        <Search label="Search alert rules" />
        <span class="spacer" />
        {may("manage") && (
          <a class="button main" href={linkToPage(model.id, "rules", "new")}>
            New alert rule
          </a>
        )}
      </div>
      <Loaded resource={rules}>
        {(page) =>
          page.items.length ? (
            <>
              <Table rules={page.items} />
              <Pager offset={offset} shown={page.items.length} total={page.total} limit={LIMIT} what="alert rules" />
            </>
          ) : (
            <None search={search} total={page.total} />
          )
        }
      </Loaded>
    </>
  );
}

function None({ search, total }: { search: string; total: number }) {
  if (search || total > 0) {
    const title = search ? `No alert rule has “${search}” in its name.` : `There are only ${count(total)} alert rules.`;
    return (
      <Empty title={title}>
        <button type="button" onClick={() => change({ search: null, offset: null })}>
          Show all alert rules
        </button>
      </Empty>
    );
  }
  return (
    <Empty title="This model has no alert rule yet.">
      <p>An alert rule judges a metric in each hour, day, week or month, and notifies you if it crosses a threshold.</p>
      {!may("manage") && <p class="quiet">A token with the scope manage can create one.</p>}
    </Empty>
  );
}

function Table({ rules }: { rules: Rule[] }) {
  return (
    <TableBox label="Alert rules">
      <table>
        <thead>
          <tr>
            <th scope="col">State</th>
            <SortHead field="name" label="Alert rule" usual={USUAL} />
            <th scope="col">Judges</th>
            <th scope="col">Fires</th>
            <SortHead field="priority" label="Priority" usual={USUAL} />
            <th scope="col">Last evaluation</th>
            <th scope="col">Next</th>
            <th scope="col">Messages</th>
          </tr>
        </thead>
        <tbody>
          {rules.map((rule) => (
            <tr key={rule.id}>
              <td>
                <StateOf rule={rule} />
              </td>
              <th scope="row">
                <a href={linkToPage(rule.model.id, "rules", rule.id)}>
                  <Text value={rule.name} />
                </a>
              </th>
              <td>
                <Text value={aboutOf(rule)} />
              </td>
              <td>{limitsOf(rule)}</td>
              <td>{rule.priority.toLowerCase()}</td>
              <td>
                <Time at={rule.last_evaluation?.evaluated_at ?? null} none="never" />
              </td>
              <td>
                <Time at={rule.next_evaluation_at ?? null} />
              </td>
              <td>{rule.enable_notification ? "on" : "off"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

/** Show how the newest bin of a rule was judged, with the reason if it could not be. */
export function StateOf({ rule }: { rule: Rule }) {
  const last = rule.last_evaluation;
  if (!last) return <span class="quiet">not judged yet</span>;
  return (
    <>
      <Severity of={last.state} />
      {last.reason && <span class="quiet"> ({last.reason.replaceAll("_", " ")})</span>}
    </>
  );
}
