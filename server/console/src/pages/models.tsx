/** All models, with the number of their production events. */

import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { count } from "../ui/number";
import { Pager } from "../ui/pager";
import { Search } from "../ui/search";
import { ordering, SortHead } from "../ui/sorting";
import { Empty, Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { change, link, place } from "../url/location";
import { FirstEvent } from "./first-event";

const LIMIT = 50;
const REFRESH_MS = 2000;
const USUAL = "name";

type Model = Schemas["ModelSummary"];
type Counts = ReadonlyMap<string, number>;

export function Models() {
  const { query } = place.value;
  const search = query.get("search") ?? "";
  const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0);
  const order = ordering(USUAL);
  const key = JSON.stringify([search, offset, order]);
  const models = useResource(
    key,
    async (signal) => {
      const all = { limit: LIMIT, offset, ordering: order };
      const params = { query: search ? { ...all, search } : all };
      return (await body(api.GET("/v3/models", { params, signal }))).data;
    },
    REFRESH_MS,
  );
  return (
    <Loaded resource={models}>
      {(page) =>
        page.total === 0 && !search ? (
          <FirstEvent isWaiting />
        ) : (
          <>
            <div class="page-head">
              <h1>Models</h1>
              <Search label="Search models by name" />
            </div>
            {page.items.length ? <Table models={page.items} /> : <NoModel search={search} total={page.total} />}
            <Pager offset={offset} shown={page.items.length} total={page.total} limit={LIMIT} what="models" />
          </>
        )
      }
    </Loaded>
  );
}

function Table({ models }: { models: Model[] }) {
  const counts = useCounts(models);
  return (
    <TableBox label="Models">
      <table>
        <thead>
          <tr>
            <SortHead field="name" label="Model" usual={USUAL} />
            <th scope="col">Version</th>
            <th scope="col">Project</th>
            <th scope="col" class="number">
              Production events
            </th>
            <SortHead field="created_at" label="Created" usual={USUAL} />
            <SortHead field="updated_at" label="Schema changed" usual={USUAL} />
          </tr>
        </thead>
        <tbody>
          {models.map((model) => (
            <tr key={model.id}>
              <th scope="row">
                <a href={link(`/models/${model.id}`)}>
                  <Text value={model.name} />
                </a>
              </th>
              <td>
                <Text value={model.version} />
              </td>
              <td>
                <Text value={model.project.name} />
              </td>
              <td class="number">
                <Events of={counts?.get(model.id)} model={model} />
              </td>
              <td>
                <Time at={model.created_at} />
              </td>
              <td>
                <Time at={model.updated_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Events({ of, model }: { of: number | undefined; model: Model }) {
  if (of === undefined) return <span class="quiet">…</span>;
  if (of > 0) return <>{count(of)}</>;
  return (
    <a href={link(`/models/${model.id}`)} aria-label={`none yet: publish the first event of ${model.name}`}>
      none yet
    </a>
  );
}

/** Return the production events of models by their ids; they come after the models, because counting takes longer. */
function useCounts(models: Model[]): Counts | undefined {
  const ids = models.map((model) => model.id);
  const { data } = useResource(
    ids.join(),
    async (signal): Promise<Counts> => {
      const filter = { field: "model_id", operator: "in" as const, value: ids };
      const query = { type: "PRODUCTION" as const, limit: LIMIT, filter: JSON.stringify(filter) };
      const found = (await body(api.GET("/v3/environments", { params: { query }, signal }))).data;
      return new Map(found.items.map((one) => [one.model.id, one.row_count]));
    },
    REFRESH_MS,
  );
  return data;
}

function NoModel({ search, total }: { search: string; total: number }) {
  if (!search) {
    return (
      <Empty title={`The list ends before this page: there are ${count(total)} models.`}>
        <button type="button" onClick={() => change({ offset: null })}>
          First page
        </button>
      </Empty>
    );
  }
  return (
    <Empty title={`No model has “${search}” in its name.`}>
      <button type="button" onClick={() => change({ search: null, offset: null })}>
        Show all models
      </button>
    </Empty>
  );
}
