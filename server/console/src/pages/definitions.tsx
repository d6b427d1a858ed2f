/** Segments and custom metrics of a model: the list, one of them, and the editor of a new one. */

import { useResource } from "../api/resource";
import { may } from "../api/session";
import { Listing, listQuery } from "../ui/listing";
import { Rows } from "../ui/rows";
import { Search } from "../ui/search";
import { Empty } from "../ui/states";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { linkToPage, type ModelPageProps } from "../url/routes";
import { OneDefinition } from "./definition";
import { DefinitionEditor } from "./definition-editor";
import { FigureOf, useFigures } from "./definition-figures";
import { type Definition, type Kind, METRIC, rulesUsing, SEGMENT } from "./definition-kinds";
import { RuleLinks } from "./rule-links";
import "./monitoring.css";

interface Props extends ModelPageProps {
  kind: Kind;
}

export function SegmentsPage(props: ModelPageProps) {
  return <Definitions {...props} kind={SEGMENT} />;
}

export function MetricsPage(props: ModelPageProps) {
  return <Definitions {...props} kind={METRIC} />;
}

function Definitions({ model, item, kind }: Props) {
  if (item === "new") return <DefinitionEditor model={model} kind={kind} />;
  if (item !== null) return <OneDefinition key={item} model={model} kind={kind} id={item} />;
  return <List model={model} item={item} kind={kind} />;
}

function List({ model, kind }: Props) {
  const query = listQuery();
  const found = useResource(JSON.stringify([kind.part, model.id, query]), (signal) =>
    kind.list(model.id, query, signal),
  );
  return (
    <>
      <div class="page-head">
        <h1>{kind.title}</h1>
        <Search label={`Search ${kind.title.toLowerCase()}`} />
        <span class="spacer" />
        {may("manage") && (
          <a class="button main" href={linkToPage(model.id, kind.part, "new")}>
            New {kind.noun}
          </a>
        )}
      </div>
      <Listing resource={found} what={kind.title.toLowerCase()} none={<None kind={kind} />}>
        {(items) => <Table of={items} modelId={model.id} kind={kind} />}
      </Listing>
    </>
  );
}

function None({ kind }: { kind: Kind }) {
  return (
    <Empty title={`This model has no ${kind.noun} yet.`}>
      <p>
        {kind.about} Example: <code>{kind.example}</code>
      </p>
      {!may("manage") && <p class="quiet">A token with the scope manage can create one.</p>}
    </Empty>
  );
}

function Table({ of, modelId, kind }: { of: Definition[]; modelId: string; kind: Kind }) {
  const ids = of.map((one) => one.id);
  const rules = useResource(ids.join(), (signal) => rulesUsing(kind.ruleField, ids, signal));
  const figures = useFigures(kind, of, may("read"));
  const usedBy = (id: string) =>
    rules.data?.filter((rule) => (kind.ruleField === "segment_id" ? rule.segment?.id : rule.metric.id) === id);
  return (
    <Rows
      label={kind.title}
      rows={of}
      id={(one) => one.id}
      columns={[
        {
          head: "Name",
          form: "name",
          cell: (one) => (
            <a href={linkToPage(modelId, kind.part, one.id)}>
              <Text value={one.name} />
            </a>
          ),
        },
        {
          head: "Definition",
          form: "wrap",
          cell: (one) => (
            <code>
              <Text value={one.definition} />
            </code>
          ),
        },
        may("read") && {
          head: kind.kind === "segment" ? "Share of events" : "Value",
          form: "number",
          cell: (one) => <FigureOf of={figures.get(one.id)} />,
        },
        { head: "Alert rules", cell: (one) => <RuleLinks rules={usedBy(one.id)} error={rules.error} /> },
        { head: "Created", cell: (one) => <Time at={one.created_at} /> },
        { head: "By", cell: (one) => <Text value={one.created_by.full_name} /> },
      ]}
    />
  );
}
