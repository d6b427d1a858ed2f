/** What a model is: its facts, its environments, and its columns with what is allowed. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { Copy } from "../ui/copy";
import { count } from "../ui/number";
import { Search } from "../ui/search";
import { Empty, Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { plain, Text } from "../ui/text";
import { Time } from "../ui/time";
import { place } from "../url/location";
import { linkToPage, type Model, type ModelPageProps } from "../url/routes";
import { roleOf, rule } from "./column-words";

const REFRESH_MS = 2000;
const SHOWN = 100;

type Environment = Schemas["Environment"];

export function SchemaPage({ model }: ModelPageProps) {
  return (
    <>
      <div class="page-head">
        <h1>
          <Text value={model.name} /> <span class="quiet">{plain(model.version)}</span>
        </h1>
      </div>
      <dl class="facts">
        <Fact name="Project">
          <Text value={model.project.name} />
        </Fact>
        <Fact name="Task">{model.task.replaceAll("_", " ").toLowerCase()}</Fact>
        <Fact name="Id column">{model.event_id_col ? <Text value={model.event_id_col} /> : "none: ids are made"}</Fact>
        <Fact name="Time column">
          {model.event_ts_col ? <Text value={model.event_ts_col} /> : "none: time of receipt"}
        </Fact>
        <Fact name="Created">
          <Time at={model.created_at} />
        </Fact>
        <Fact name="Id">
          <code>{model.id}</code> <Copy text={model.id} what="id of the model" />
        </Fact>
      </dl>
      {model.description && (
        <p>
          <Text value={model.description} />
        </p>
      )}
      <Environments model={model} />
      <Columns model={model} />
    </>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Environments({ model }: { model: Model }) {
  const path = { model_id: model.id };
  const query = { limit: 1000 };
  const environments = useResource(
    model.id,
    async (signal) =>
      (await body(api.GET("/v3/models/{model_id}/environments", { params: { path, query }, signal }))).data.items,
    REFRESH_MS,
  );
  return (
    <section>
      <Loaded resource={environments}>{(found) => <Counts of={found} />}</Loaded>
    </section>
  );
}

function Counts({ of }: { of: Environment[] }) {
  const ordered = [...of].sort((a, b) => Number(b.type === "PRODUCTION") - Number(a.type === "PRODUCTION"));
  return (
    <>
      <h2>Events</h2>
      <TableBox label="Environments">
        <table>
          <thead>
            <tr>
              <th scope="col">Environment</th>
              <th scope="col">Kind</th>
              <th scope="col" class="number">
                Events
              </th>
              <th scope="col">Created</th>
            </tr>
          </thead>
          <tbody>
            {ordered.map((one) => (
              <tr key={one.id}>
                <th scope="row">
                  <Text value={one.name} />
                </th>
                <td>{one.type === "PRODUCTION" ? "time series" : "dataset"}</td>
                <td class="number">{count(one.row_count)}</td>
                <td>
                  <Time at={one.created_at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </>
  );
}

function Columns({ model }: { model: Model }) {
  const [shown, setShown] = useState(SHOWN);
  const search = (place.value.query.get("search") ?? "").toLowerCase();
  const columns = model.schema.columns.filter((column) => column.name.toLowerCase().includes(search));
  return (
    <section>
      <div class="page-head">
        <h2>
          Columns <span class="quiet">{count(model.schema.columns.length)}</span>
        </h2>
        <Search label="Search columns" />
      </div>
      {columns.length === 0 && <Empty title="No column has this in its name." />}
      {columns.length > 0 && (
        <TableBox label="Columns">
          <table>
            <thead>
              <tr>
                <th scope="col">Column</th>
                <th scope="col">Role</th>
                <th scope="col">Type</th>
                <th scope="col">Allowed</th>
              </tr>
            </thead>
            <tbody>
              {columns.slice(0, shown).map((column) => (
                <tr key={column.name}>
                  <th scope="row">
                    <a href={linkToPage(model.id, "integrity", column.name)}>
                      <Text value={column.name} />
                    </a>
                  </th>
                  <td>{roleOf(model, column.name)}</td>
                  <td>{column.data_type}</td>
                  <td>
                    <Text value={rule(column)} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
      {columns.length > shown && (
        <button type="button" onClick={() => setShown(shown + SHOWN)}>
          Show {SHOWN} more of {count(columns.length)}
        </button>
      )}
    </section>
  );
}
