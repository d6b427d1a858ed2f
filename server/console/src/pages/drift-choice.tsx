/** What a drift is measured against, and how: the baseline, the metric, and from where on it counts. */

import type { Schemas } from "../api/client";
import { count } from "../ui/number";
import { zone } from "../ui/preferences";
import { plain } from "../ui/text";
import { inZone } from "../ui/time";
import { change, place } from "../url/location";
import { type Metric, USUAL_LIMIT } from "./drift-parts";

type Baseline = Schemas["Baseline"];

export interface DriftChoice {
  baseline: Baseline;
  metric: Metric;
  limit: number;
  /** The choice as parameters of an address. */
  query: Record<string, string | null>;
}

/** Return the choice of the address; without one, the oldest baseline that is a whole dataset, else the oldest one. */
export function readChoice(baselines: Baseline[]): DriftChoice | null {
  const { query } = place.value;
  const oldest = [...baselines].sort((a, b) => a.created_at.localeCompare(b.created_at));
  const usual = oldest.find((one) => one.environment.type === "PRE_PRODUCTION") ?? oldest[0];
  const baseline = baselines.find((one) => one.id === query.get("baseline")) ?? usual;
  if (!baseline) return null;
  const metric: Metric = query.get("metric") === "psi" ? "psi" : "jsd";
  const typed = Number.parseFloat(query.get("limit") ?? "");
  const names = ["baseline", "metric", "limit"];
  return {
    baseline,
    metric,
    limit: typed > 0 ? typed : USUAL_LIMIT[metric],
    query: Object.fromEntries(names.map((name) => [name, query.get(name)])),
  };
}

/** Say which events a baseline has. */
export function describeBaseline(one: Baseline): string {
  if (one.type === "ROLLING") {
    const unit = (one.window_bin_size ?? "").toLowerCase();
    return `moves along, ${count(one.offset_delta ?? 1)} ${unit}${one.offset_delta === 1 ? "" : "s"} back`;
  }
  const events = `${count(one.row_count ?? 0)} events`;
  if (one.environment.type === "PRE_PRODUCTION") return `dataset ${plain(one.environment.name)}, ${events}`;
  const day = (at: number | null) => (at === null ? "" : inZone(new Date(at).toISOString(), zone.value).slice(0, 10));
  return `production ${day(one.start_time)} to ${day(one.end_time)}, ${events}`;
}

export function BaselineChoice({ baselines, choice }: { baselines: Baseline[]; choice: DriftChoice }) {
  return (
    <label class="inline">
      Baseline
      <select
        class="choice"
        value={choice.baseline.id}
        title={describeBaseline(choice.baseline)}
        onChange={(event) => change({ baseline: event.currentTarget.value, offset: null })}
      >
        {baselines.map((one) => (
          <option key={one.id} value={one.id}>
            {plain(one.name)}
          </option>
        ))}
      </select>
    </label>
  );
}

export function MetricChoice({ choice }: { choice: DriftChoice }) {
  return (
    <>
      <label class="inline">
        Metric
        <select
          value={choice.metric}
          onChange={(event) => change({ metric: event.currentTarget.value === "psi" ? "psi" : null, limit: null })}
        >
          <option value="jsd">JSD</option>
          <option value="psi">PSI</option>
        </select>
      </label>
      <label class="inline">
        Drifted from
        <input
          type="number"
          class="short"
          min="0.01"
          max="10"
          step="0.01"
          value={choice.limit}
          onChange={(event) => change({ limit: event.currentTarget.value || null })}
        />
      </label>
    </>
  );
}
