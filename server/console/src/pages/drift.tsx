/** How far the events of a range are from a baseline: all columns of a model, or one of them in large. */

import { api, body, type Schemas } from "../api/client";
import { useLive } from "../api/pulse";
import { useResource } from "../api/resource";
import { count } from "../ui/number";
import { Pager } from "../ui/pager";
import { Search } from "../ui/search";
import { Empty, Loaded } from "../ui/states";
import { Text } from "../ui/text";
import { change, place } from "../url/location";
import { linkToPage, type Model, type ModelPageProps } from "../url/routes";
import { useSelection } from "../url/selection";
import { BaselineChoice, type DriftChoice, describeBaseline, MetricChoice, readChoice } from "./drift-choice";
import { DriftColumn } from "./drift-column";
import { columnOrder, DriftTable } from "./drift-table";

const LIMIT = 50;
const MAX_BASELINES = 1000;
/** The server sorts this many columns by drift at most. */
const MAX_SORTED = 100;

type Baseline = Schemas["Baseline"];

export function DriftPage({ model, item }: ModelPageProps) {
  const path = { model_id: model.id };
  const baselines = useResource(model.id, async (signal) => {
    const params = { path, query: { limit: MAX_BASELINES } };
    return (await body(api.GET("/v3/models/{model_id}/baselines", { params, signal }))).data.items;
  });
  return (
    <Loaded resource={baselines}>
      {(found) => {
        const choice = readChoice(found);
        if (!choice) return <NoBaseline model={model} />;
        return item === null ? (
          <Columns model={model} baselines={found} choice={choice} />
        ) : (
          <DriftColumn key={item} model={model} baselines={found} choice={choice} column={item} />
        );
      }}
    </Loaded>
  );
}

function NoBaseline({ model }: { model: Model }) {
  return (
    <>
      <h1>Drift</h1>
      <Empty title="The model has no baseline to compare with.">
        <p>
          Publish a dataset, such as the training data, with <code>env_type</code> <code>PRE_PRODUCTION</code>: it makes
          a baseline of its name. Or create a baseline of a range of production, or one that moves along.
        </p>
        <a href={linkToPage(model.id, "baselines")}>Baselines</a>
      </Empty>
    </>
  );
}

interface ColumnsProps {
  model: Model;
  baselines: Baseline[];
  choice: DriftChoice;
}

function Columns({ model, baselines, choice }: ColumnsProps) {
  const selection = useSelection();
  const { query } = place.value;
  const search = query.get("search") ?? "";
  const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0);
  const matching = model.schema.columns.filter((one) => one.name.toLowerCase().includes(search.toLowerCase())).length;
  const asked = columnOrder();
  const isTooMany = asked === "drift" && matching > MAX_SORTED;
  const request = {
    ...selection.body,
    baseline_id: choice.baseline.id,
    drift_metric: choice.metric,
    histograms: true,
    search: search || null,
    sort: isTooMany ? ("schema" as const) : asked,
    limit: LIMIT,
    offset,
  };
  const key = JSON.stringify([selection.key, choice.baseline.id, choice.metric, search, request.sort, offset]);
  const columns = useLive(
    key,
    selection.revision,
    async (signal) => (await body(api.POST("/v3/monitoring/columns", { body: request, signal }))).data,
  );
  return (
    <>
      <div class="page-head">
        <h1>Drift</h1>
        <BaselineChoice baselines={baselines} choice={choice} />
        <MetricChoice choice={choice} />
        <span class="spacer" />
        <Search label="Search columns" />
      </div>
      {isTooMany && (
        <p class="notice" role="status">
          {count(matching)} columns are too many to sort by drift, so they are in the order of the schema. Search for at
          most {MAX_SORTED} of them.
        </p>
      )}
      <Loaded resource={columns}>
        {(found) => <Found model={model} found={found} choice={choice} offset={offset} />}
      </Loaded>
      <CustomFeatures model={model} choice={choice} />
    </>
  );
}

interface FoundProps {
  model: Model;
  found: Schemas["SummarizedColumns"];
  choice: DriftChoice;
  offset: number;
}

function Found({ model, found, choice, offset }: FoundProps) {
  const search = place.value.query.get("search");
  const { metric, limit, query } = choice;
  const shown = found.columns?.length ?? 0;
  if (shown === 0) {
    return (
      <Empty title={search ? `No column has “${search}” in its name.` : "There is no column on this page."}>
        <button type="button" onClick={() => change({ search: null, offset: null })}>
          Show all columns
        </button>
      </Empty>
    );
  }
  if (found.rows === 0) return <NoEvents baseline={choice.baseline} />;
  const drifted = (found.columns ?? []).filter((one) => (one.drift?.value ?? 0) >= limit).length;
  return (
    <>
      <p>
        <strong>
          {count(drifted)} of {count(shown)} columns
        </strong>{" "}
        here are at {limit} or above.{" "}
        <span class="quiet">
          {count(found.rows ?? 0)} events in the range; the baseline is {describeBaseline(choice.baseline)}.
        </span>
      </p>
      <DriftTable modelId={model.id} found={found} metric={metric} limit={limit} query={query} />
      <Pager offset={offset} shown={shown} total={found.total ?? 0} limit={LIMIT} what="columns" />
    </>
  );
}

export function NoEvents({ baseline }: { baseline: Baseline }) {
  return (
    <Empty title="There is no event in this range.">
      <p>
        Choose another range at the top. <Text value={baseline.name} /> stays the baseline.
      </p>
    </Empty>
  );
}

function CustomFeatures({ model, choice }: { model: Model; choice: DriftChoice }) {
  const names = (model.spec.custom_features ?? []).map((one) => String(one.name));
  if (names.length === 0) return null;
  return (
    <p>
      Custom features:{" "}
      {names.map((name, place) => (
        <span key={name}>
          {place > 0 && ", "}
          <a href={linkToPage(model.id, "drift", name, choice.query)}>
            <Text value={name} />
          </a>
        </span>
      ))}
    </p>
  );
}
