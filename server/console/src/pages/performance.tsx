/** How good the predictions of a model are: figures with intervals, over time, with the labels that they rest on. */

import { api, body, type Schemas } from "../api/client";
import { useLive } from "../api/pulse";
import { count } from "../ui/number";
import type { Source } from "../ui/plot";
import { Empty, Loaded } from "../ui/states";
import { place } from "../url/location";
import { linkToPage, type Model, type ModelPageProps } from "../url/routes";
import { useSelection } from "../url/selection";
import { BinaryDetails } from "./performance-binary";
import { Classes } from "./performance-classes";
import { Errors } from "./performance-errors";
import { Figures, shownMetric } from "./performance-figures";
import { PerformanceOverTime } from "./performance-series";

const PATH = "/v3/monitoring/performance";
const TASKS = ["binary_classification", "multiclass_classification", "regression", "ranking"];

export type Performance = Schemas["ModelPerformance"];

export function PerformancePage({ model }: ModelPageProps) {
  const isPossible = TASKS.includes(model.task.toLowerCase()) && (model.spec.targets ?? []).length > 0;
  return (
    <>
      <h1>Performance</h1>
      {isPossible ? <Measured model={model} /> : <NoPerformance model={model} />}
    </>
  );
}

function NoPerformance({ model }: { model: Model }) {
  const hasTask = TASKS.includes(model.task.toLowerCase());
  return (
    <Empty title={hasTask ? "The model has no target." : "The model's task has no metrics of performance."}>
      <p>
        {hasTask
          ? "Performance compares outputs with labels, which are the values of a target."
          : "Classifications, regressions and rankings have some."}
      </p>
      <a href={linkToPage(model.id, "schema")}>Columns of the model</a>
    </Empty>
  );
}

function Measured({ model }: { model: Model }) {
  const selection = useSelection();
  const threshold = thresholdOf();
  const request = { ...selection.body, ...(threshold === null ? {} : { threshold }) };
  const performance = useLive(
    JSON.stringify([selection.key, threshold]),
    selection.revision,
    async (signal) => (await body(api.POST(PATH, { body: request, signal }))).data,
  );
  return (
    <Loaded resource={performance}>
      {(found) =>
        found.labels?.rows === 0 ? (
          <Empty title="There is no event in this range.">
            <p>Choose another range at the top.</p>
          </Empty>
        ) : (
          <Shown
            model={model}
            found={found}
            threshold={threshold}
            source={{ call: { path: PATH, body: request }, revision: found.data_revision }}
          />
        )
      }
    </Loaded>
  );
}

/** Return the threshold of the address, null for the model's own. */
function thresholdOf(): number | null {
  const text = place.value.query.get("threshold");
  const value = Number(text);
  return text !== null && value >= 0 && value <= 1 ? value : null;
}

interface ShownProps {
  model: Model;
  found: Performance;
  threshold: number | null;
  source: Source;
}

function Shown({ model, found, threshold, source }: ShownProps) {
  const metric = shownMetric(found);
  const { labels } = found;
  return (
    <>
      {labels?.labelled === 0 && (
        <p class="notice" role="status">
          None of the {count(labels.rows)} events in the range has a label yet. Labels are values of the target
          {(model.spec.targets ?? []).length > 1 ? "s" : ""}, sent by PATCH /v3/events as soon as they are known.
        </p>
      )}
      <div class="beside">
        <Figures found={found} shown={metric} />
        <PerformanceOverTime metric={metric} threshold={threshold} labels={labels} />
      </div>
      {found.scores && (
        <BinaryDetails model={model} found={found} scores={found.scores} source={source} threshold={threshold} />
      )}
      {!found.scores && found.confusion && <Classes confusion={found.confusion} />}
      {found.errors && <Errors errors={found.errors} model={model} source={source} />}
    </>
  );
}
