/** What an alert rule judges: a metric, of some columns, of some events. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { Field, Group } from "../ui/form";
import { plain, Text } from "../ui/text";
import type { Model } from "../url/routes";
import type { Draft, Metric } from "./rule-draft";

const SHOWN = 50;
const ANY = "__ANY__";

interface Props {
  model: Model;
  metrics: Metric[];
  draft: Draft;
  change: (fields: Partial<Draft>) => void;
  /** Whether only thresholds can change. */
  isFixed: boolean;
}

export function MetricFields({ model, metrics, draft, change, isFixed }: Props) {
  const metric = metrics.find((one) => one.id === draft.metric);
  return (
    <section>
      <h2>What it judges</h2>
      <MetricField metrics={metrics} draft={draft} change={change} isFixed={isFixed} />
      {metric && metric.columns.length > 0 && !isFixed && <Columns of={metric.columns} draft={draft} change={change} />}
      {isFixed && draft.columns.length > 0 && <p class="quiet">Of {draft.columns.map(nameOf).join(", ")}.</p>}
      {metric?.requires_categories && (
        <Field label="Category" at="/category">
          {(input) => (
            <input
              {...input}
              required
              disabled={isFixed}
              value={draft.category}
              onInput={(event) => change({ category: event.currentTarget.value })}
            />
          )}
        </Field>
      )}
      {metric?.requires_baseline && <BaselineField model={model} draft={draft} change={change} isFixed={isFixed} />}
      <SegmentField model={model} draft={draft} change={change} isFixed={isFixed} />
    </section>
  );
}

type PartProps = Omit<Props, "metrics" | "model">;

function MetricField({ metrics, draft, change, isFixed }: PartProps & { metrics: Metric[] }) {
  const types = [...new Set(metrics.map((one) => one.type_display_name))];
  return (
    <Field label="Metric" at="/metric_id">
      {(input) => (
        <select
          {...input}
          required
          disabled={isFixed}
          value={draft.metric}
          onChange={(event) => change({ metric: event.currentTarget.value, columns: [], category: "" })}
        >
          <option value="">Choose a metric</option>
          {types.map((type) => (
            <optgroup key={type} label={type}>
              <Options of={metrics.filter((one) => one.type_display_name === type)} />
            </optgroup>
          ))}
        </select>
      )}
    </Field>
  );
}

function Columns({ of, draft, change }: { of: string[]; draft: Draft; change: Props["change"] }) {
  const [search, setSearch] = useState("");
  const chosen = new Set(draft.columns);
  const found = of.filter((name) => chosen.has(name) || nameOf(name).toLowerCase().includes(search.toLowerCase()));
  const toggle = (name: string) => {
    const others = draft.columns.filter((one) => one !== name);
    change({ columns: others.length === draft.columns.length ? [...others, name] : others });
  };
  return (
    <Group label={`Columns${chosen.size ? `, ${chosen.size} chosen` : ""}`} at="/feature_names">
      {of.length > 8 && (
        <input
          type="search"
          aria-label="Search columns"
          placeholder="Search columns"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <div class="choices">
        {found.slice(0, SHOWN).map((name) => (
          <label key={name} class="check">
            <input type="checkbox" checked={chosen.has(name)} onChange={() => toggle(name)} />
            <Text value={nameOf(name)} />
          </label>
        ))}
        {found.length > SHOWN && <p class="quiet">and {found.length - SHOWN} more: search for them</p>}
      </div>
    </Group>
  );
}

function BaselineField({ model, draft, change, isFixed }: PartProps & { model: Model }) {
  const params = { path: { model_id: model.id }, query: { limit: 1000 } };
  const baselines = useResource(
    model.id,
    async (signal) => (await body(api.GET("/v3/models/{model_id}/baselines", { params, signal }))).data.items,
  );
  return (
    <Field label="Compared with" at="/baseline_id">
      {(input) => (
        <select
          {...input}
          disabled={isFixed}
          value={draft.baseline}
          onChange={(event) => change({ baseline: event.currentTarget.value })}
        >
          <option value="">the oldest dataset</option>
          <Options of={baselines.data ?? []} />
        </select>
      )}
    </Field>
  );
}

function SegmentField({ model, draft, change, isFixed }: PartProps & { model: Model }) {
  const params = { path: { model_id: model.id }, query: { limit: 1000 } };
  const segments = useResource(
    model.id,
    async (signal) => (await body(api.GET("/v3/models/{model_id}/segments", { params, signal }))).data.items,
  );
  return (
    <Field label="Events" at="/segment_id">
      {(input) => (
        <select
          {...input}
          disabled={isFixed}
          value={draft.segment}
          onChange={(event) => change({ segment: event.currentTarget.value })}
        >
          <option value="">all production events</option>
          <Options of={segments.data ?? []} />
        </select>
      )}
    </Field>
  );
}

function Options({ of }: { of: Pick<Schemas["NamedReference"], "id" | "name">[] }) {
  return (
    <>
      {of.map((one) => (
        <option key={one.id} value={one.id}>
          {plain(one.name)}
        </option>
      ))}
    </>
  );
}

/** Return the name of a column for people. */
export function nameOf(column: string): string {
  return column === ANY ? "any column" : column;
}
