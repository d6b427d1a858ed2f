/** The dialog that creates a baseline: a whole dataset, a range of production, or a window that moves with time. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { useAction } from "../ui/action";
import { Dialog } from "../ui/dialog";
import { Field, Form, Group } from "../ui/form";
import { count } from "../ui/number";
import { zone } from "../ui/preferences";
import { Loaded } from "../ui/states";
import { plain } from "../ui/text";
import { instant } from "../url/range";
import type { Model } from "../url/routes";
import { windowOf } from "./baselines";

type Create = Schemas["BaselineCreate"];
type Kind = "dataset" | "range" | "rolling";

interface Draft {
  name: string;
  kind: Kind;
  dataset: string;
  from: string;
  to: string;
  size: NonNullable<Create["window_bin_size"]>;
  offset: string;
}

const KINDS: Record<Kind, string> = {
  dataset: "All events of a dataset",
  range: "A range of production",
  rolling: "The same span of production, earlier",
};
const SIZES = ["Hour", "Day", "Week", "Month"] as const;
const EMPTY: Draft = { name: "", kind: "dataset", dataset: "", from: "", to: "", size: "Week", offset: "1" };

interface Props {
  model: Model;
  onClose: () => void;
  onMade: () => void;
}

export function CreateBaseline({ model, onClose, onMade }: Props) {
  const [draft, setDraft] = useState(EMPTY);
  const action = useAction();
  const change = (fields: Partial<Draft>) => setDraft({ ...draft, ...fields });
  const create = async () => {
    await body(api.POST("/v3/baselines", { body: requestOf(model.id, draft) }));
    onMade();
  };
  return (
    <Dialog title="New baseline" onClose={onClose}>
      <Form action={action} submit={create} label="Create" onCancel={onClose} conflictAt="/name">
        <Field label="Name" at="/name">
          {(input) => (
            <input
              {...input}
              required
              autofocus
              maxLength={256}
              value={draft.name}
              onInput={(event) => change({ name: event.currentTarget.value })}
            />
          )}
        </Field>
        <Group label="Its events" at="/type">
          {(Object.keys(KINDS) as Kind[]).map((kind) => (
            <label key={kind} class="check">
              <input type="radio" name="kind" checked={draft.kind === kind} onChange={() => change({ kind })} />
              {KINDS[kind]}
            </label>
          ))}
        </Group>
        {draft.kind === "dataset" && <DatasetField model={model} draft={draft} change={change} />}
        {draft.kind === "range" && <RangeFields draft={draft} change={change} />}
        {draft.kind === "rolling" && <WindowFields draft={draft} change={change} />}
      </Form>
    </Dialog>
  );
}

interface PartProps {
  draft: Draft;
  change: (fields: Partial<Draft>) => void;
}

function DatasetField({ model, draft, change }: PartProps & { model: Model }) {
  const params = { path: { model_id: model.id }, query: { type: "PRE_PRODUCTION" as const, limit: 1000 } };
  const datasets = useResource(
    model.id,
    async (signal) => (await body(api.GET("/v3/models/{model_id}/environments", { params, signal }))).data.items,
  );
  return (
    <Field label="Dataset" at="/env_id">
      {(input) => (
        <Loaded resource={datasets}>
          {(found) =>
            found.length ? (
              <select
                {...input}
                required
                value={draft.dataset}
                onChange={(event) => change({ dataset: event.currentTarget.value })}
              >
                <option value="">Choose a dataset</option>
                {found.map((one) => (
                  <option key={one.id} value={one.id}>
                    {plain(one.name)} ({count(one.row_count)} events)
                  </option>
                ))}
              </select>
            ) : (
              <p class="quiet">This model has no dataset. Publish one, or choose another kind.</p>
            )
          }
        </Loaded>
      )}
    </Field>
  );
}

function RangeFields({ draft, change }: PartProps) {
  return (
    <>
      <Field label={`From (${zone.value})`} at="/start_time">
        {(input) => (
          <input
            {...input}
            required
            placeholder="2026-01-01"
            value={draft.from}
            onInput={(event) => change({ from: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label={`Up to, but without (${zone.value})`} at="/end_time">
        {(input) => (
          <input
            {...input}
            required
            placeholder="2026-02-01 00:00"
            value={draft.to}
            onInput={(event) => change({ to: event.currentTarget.value })}
          />
        )}
      </Field>
    </>
  );
}

function WindowFields({ draft, change }: PartProps) {
  return (
    <>
      <Field label="Window" at="/window_bin_size">
        {(input) => (
          <select
            {...input}
            value={draft.size}
            onChange={(event) => change({ size: event.currentTarget.value as Draft["size"] })}
          >
            {SIZES.map((size) => (
              <option key={size} value={size}>
                {size.toLowerCase()}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Windows back" at="/offset_delta" hint={windowOf(Number(draft.offset) || 1, draft.size)}>
        {(input) => (
          <input
            {...input}
            type="number"
            min="1"
            required
            value={draft.offset}
            onInput={(event) => change({ offset: event.currentTarget.value })}
          />
        )}
      </Field>
    </>
  );
}

function requestOf(model_id: string, draft: Draft): Create {
  const { name } = draft;
  if (draft.kind === "dataset") {
    return { name, model_id, type: "STATIC", env_type: "PRE_PRODUCTION", env_id: draft.dataset };
  }
  if (draft.kind === "range") {
    const [start_time, end_time] = [draft.from, draft.to].map((text) => instant(text, Date.now(), zone.value));
    // What cannot be read is missing, and the server says at the field that it is needed.
    return {
      name,
      model_id,
      type: "STATIC",
      env_type: "PRODUCTION",
      ...(start_time !== undefined && { start_time }),
      ...(end_time !== undefined && { end_time }),
    };
  }
  const window = { window_bin_size: draft.size, offset_delta: Number(draft.offset) };
  return { name, model_id, type: "ROLLING", env_type: "PRODUCTION", ...window };
}
