/** Alert rules of a model: the list, one of them, and the form of a new one. */

import { api, body } from "../api/client";
import { useResource } from "../api/resource";
import { may } from "../api/session";
import { Listing, listQuery } from "../ui/listing";
import { Rows } from "../ui/rows";
import { Search } from "../ui/search";
import { ordering } from "../ui/sorting";
import { Empty } from "../ui/states";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { linkToPage, type ModelPageProps } from "../url/routes";
import { RulePage } from "./rule";
import type { Rule } from "./rule-draft";
import { RuleForm } from "./rule-form";
import { aboutOf, limitsOf } from "./rule-words";
import { Severity } from "./severity";
import "./monitoring.css";

const REFRESH_MS = 10_000;
const USUAL = "name";

export function RulesPage({ model, item }: ModelPageProps) {
  if (item === "new") return <RuleForm model={model} />;
  if (item !== null) return <RulePage key={item} model={model} id={item} />;
  return <List model={model} item={item} />;
}

function List({ model }: ModelPageProps) {
  const page = listQuery();
  const order = ordering(USUAL);
  const rules = useResource(
    JSON.stringify([model.id, page, order]),
    async (signal) => {
      const filter = JSON.stringify({ field: "model_id", operator: "equal", value: model.id });
      const params = { query: { ...page, ordering: order, filter } };
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
      <Listing resource={rules} what="alert rules" none={<None />}>
        {(items) => <Table rules={items} />}
      </Listing>
    </>
  );
}

function None() {
  return (
    <Empty title="This model has no alert rule yet.">
      <p>An alert rule judges a metric in each hour, day, week or month, and notifies you if it crosses a threshold.</p>
      {!may("manage") && <p class="quiet">A token with the scope manage can create one.</p>}
    </Empty>
  );
}

function Table({ rules }: { rules: Rule[] }) {
  return (
    <Rows
      label="Alert rules"
      rows={rules}
      usual={USUAL}
      id={(rule) => rule.id}
      columns={[
        { head: "State", cell: (rule) => <StateOf rule={rule} /> },
        {
          head: "Alert rule",
          form: "name",
          sort: "name",
          cell: (rule) => (
            <>
              <a href={linkToPage(rule.model.id, "rules", rule.id)}>
                <Text value={rule.name} />
              </a>{" "}
              {!rule.enable_notification && <span class="tag">no messages</span>}
            </>
          ),
        },
        { head: "Judges", form: "wrap", cell: (rule) => <Text value={aboutOf(rule)} /> },
        { head: "Fires", form: "wrap", cell: (rule) => limitsOf(rule) },
        { head: "Priority", sort: "priority", cell: (rule) => rule.priority.toLowerCase() },
        {
          head: "Last evaluation",
          cell: (rule) => <Time at={rule.last_evaluation?.evaluated_at ?? null} none="never" />,
        },
        { head: "Next", cell: (rule) => <Time at={rule.next_evaluation_at ?? null} /> },
      ]}
    />
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
