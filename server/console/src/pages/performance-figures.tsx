/** All metrics of a model's performance. The chosen one is drawn over time. */

import type { Schemas } from "../api/client";
import { count, figure, percent } from "../ui/number";
import { TableBox } from "../ui/table-box";
import { change, place } from "../url/location";
import type { Performance } from "./performance";

type Figure = Schemas["PerformanceFigure"];

const NAMES: Record<string, string> = {
  accuracy: "Accuracy",
  precision: "Precision",
  recall: "Recall",
  fpr: "False positive rate",
  f1_score: "F1 score",
  geometric_mean: "Geometric mean",
  auc: "AUC",
  auroc: "AUROC",
  log_loss: "Log loss",
  expected_calibration_error: "Calibration error",
  calibrated_threshold: "Calibrated threshold",
  data_count: "Valid events",
  log_loss_count: "Valid events of the log loss",
  mae: "Mean absolute error",
  mse: "Mean squared error",
  rmse: "Root mean squared error",
  r2: "R²",
  mape: "MAPE",
  wmape: "WMAPE",
  map: "MAP",
  ndcg_mean: "NDCG",
  query_count: "Rankings",
};
/** What is drawn at first, if the model has it. */
const FIRST = ["accuracy", "mae", "ndcg_mean", "map"];

/** Return the words for a metric. */
export function metricName(id: string): string {
  return NAMES[id] ?? id.replaceAll("_", " ");
}

/** Return whether a metric is a share, whose axis goes from 0 to 1. */
export function isShare(id: string): boolean {
  return !/loss|mae|mse|mape|r2|count/.test(id);
}

/** Return the metric of the address, else the first one of the task. */
export function shownMetric(found: Performance): string {
  const ids = (found.metrics ?? []).map((one) => one.metric);
  const asked = place.value.query.get("metric") ?? "";
  return [asked, ...FIRST].find((one) => ids.includes(one)) ?? ids[0] ?? "";
}

export function Figures({ found, shown }: { found: Performance; shown: string }) {
  const { labels } = found;
  return (
    <section>
      <TableBox label="Metrics">
        <table class="metrics">
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col" class="number">
                Value
              </th>
              <th scope="col" class="number">
                95 % interval
              </th>
            </tr>
          </thead>
          <tbody>
            {(found.metrics ?? []).map((one) => (
              <Row key={one.metric} one={one} isShown={one.metric === shown} />
            ))}
          </tbody>
        </table>
      </TableBox>
      {labels && (
        <p class="quiet">
          Of {count(labels.rows)} events, {count(labels.labelled)} have a label
          {labels.coverage === null ? "" : ` (${percent(100 * labels.coverage)})`}. The metrics are of these.
        </p>
      )}
    </section>
  );
}

function Row({ one, isShown }: { one: Figure; isShown: boolean }) {
  const { value, reason } = one.figure;
  return (
    <tr class={isShown ? "chosen" : ""}>
      <th scope="row">
        <button type="button" class="row" aria-pressed={isShown} onClick={() => change({ metric: one.metric })}>
          {metricName(one.metric)}
        </button>
      </th>
      <td class="number" title={value === null ? "" : `${value}, of ${count(one.figure.sample_size)}`}>
        {value === null ? <span class="quiet">{(reason ?? "").replaceAll("_", " ")}</span> : figure(value)}
      </td>
      <td class="number quiet">{one.interval ? `${one.interval.map((end) => end.toFixed(3)).join(" to ")}` : ""}</td>
    </tr>
  );
}
