/** Segments and custom metrics of a model: the list, one of them, and the editor of a new one. */

import { useResource } from "../api/resource";
import { may } from "../api/session";
import { count } from "../ui/number";
import { Pager } from "../ui/pager";
import { Search } from "../ui/search";
import { Empty, Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { change, place } from "../url/location";
import { linkToPage, type ModelPageProps } from "../url/routes";
import { OneDefinition } from "./definition";
import { DefinitionEditor } from "./definition-editor";
import { FigureOf, useFigures } from "./definition-figures";
import { type Definition, type Kind, METRIC, rulesUsing, SEGMENT } from "./definition-kinds";
import { RuleLinks } from "./rule-links";
import "./monitoring.css";

const LIMIT = 50;

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
  const { query } = place.value;
  const search = query.get("search") ?? "";
  const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0);
  const found = useResource(JSON.stringify([kind.part, model.id, search, offset]), (signal) => {
    const all = { limit: LIMIT, offset };
    return kind.list(model.id, search ? { ...all, search } : all, signal);
  });
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
      <Loaded resource={found}>
        {(page) =>
          page.items.length ? (
            <>
              <Table of={page.items} modelId={model.id} kind={kind} />
              <Pager
                offset={offset}
                shown={page.items.length}
                total={page.total}
                limit={LIMIT}
                what={kind.title.toLowerCase()}
              />
            </>
          ) : (
            <None kind={kind} search={search} total={page.total} />
          )
        }
      </Loaded>
    </>
  );
}

function None({ kind, search, total }: { kind: Kind; search: string; total: number }) {
  if (search || total > 0) {
    const title = search
      ? `None has “${search}” in its name.`
      : `The list ends before this page: there are ${count(total)}.`;
    return (
      <Empty title={title}>
        <button type="button" onClick={() => change({ search: null, offset: null })}>
          Show all
        </button>
      </Empty>
    );
  }
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
    <TableBox label={kind.title}>
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Definition</th>
            {may("read") && (
              <th scope="col" class="number">
                {kind.kind === "segment" ? "Share of events" : "Value"}
              </th>
            )}
            <th scope="col">Alert rules</th>
            <th scope="col">Created</th>
            <th scope="col">By</th>
          </tr>
        </thead>
        <tbody>
          {of.map((one) => (
            <tr key={one.id}>
              <th scope="row">
                <a href={linkToPage(modelId, kind.part, one.id)}>
                  <Text value={one.name} />
                </a>
              </th>
              <td class="wrap">
                <code>
                  <Text value={one.definition} />
                </code>
              </td>
              {may("read") && (
                <td class="number">
                  <FigureOf of={figures.get(one.id)} />
                </td>
              )}
              <td>
                <RuleLinks rules={usedBy(one.id)} error={rules.error} />
              </td>
              <td>
                <Time at={one.created_at} />
              </td>
              <td>
                <Text value={one.created_by.full_name} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
