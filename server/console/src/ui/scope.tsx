/** What a page of a model shows, to be chosen: environment, segment, comparison, range; and whether it follows the data. */

import { api, body, type Schemas } from "../api/client";
import { isLive, pulse, pulseError } from "../api/pulse";
import { useResource } from "../api/resource";
import { change, place, step } from "../url/location";
import type { Parameter } from "../url/routes";
import type { Read, Selection } from "../url/selection";
import { RangePicker } from "./range-picker";
import { plain } from "./text";

const MAX_SEGMENTS = 1000;

interface Props {
  read: Read;
  takes: readonly Parameter[];
}

export function Scope({ read, takes }: Props) {
  const { selection } = read;
  return (
    <div class="scope">
      {takes.includes("env") && <EnvironmentChoice selection={selection} />}
      {takes.includes("segment") && <SegmentChoice selection={selection} />}
      {takes.includes("compare") && <CompareChoice />}
      <span class="spacer" />
      <Live />
      {takes.includes("range") && <RangePicker selection={selection} />}
    </div>
  );
}

function EnvironmentChoice({ selection }: { selection: Selection }) {
  const environments = pulse.value?.environments ?? [];
  const choose = (name: string) => step({ env: name === environments[0]?.name ? null : name, from: null, to: null });
  return (
    <select
      class="choice"
      aria-label="Environment"
      title="Environment"
      value={selection.environment.name}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      {environments.map((one) => (
        <option key={one.id} value={one.name}>
          {plain(one.name)}
        </option>
      ))}
    </select>
  );
}

function SegmentChoice({ selection }: { selection: Selection }) {
  const { data } = useResource(`segments ${selection.modelId}`, async (signal): Promise<Schemas["Segment"][]> => {
    const params = { path: { model_id: selection.modelId }, query: { limit: MAX_SEGMENTS, ordering: "name" } };
    return (await body(api.GET("/v3/models/{model_id}/segments", { params, signal }))).data.items;
  });
  const isUnknown = selection.segment !== null && data && !data.some((one) => one.id === selection.segment);
  if (!data?.length && !selection.segment) return null;
  return (
    <select
      class="choice"
      aria-label="Segment"
      title="Segment"
      value={selection.segment ?? ""}
      onChange={(event) => step({ segment: event.currentTarget.value || null })}
    >
      <option value="">All events</option>
      {isUnknown && <option value={selection.segment ?? ""}>Unknown segment</option>}
      {data?.map((one) => (
        <option key={one.id} value={one.id}>
          {plain(one.name)}
        </option>
      ))}
    </select>
  );
}

function CompareChoice() {
  return (
    <label class="check small">
      <input
        type="checkbox"
        checked={place.value.query.get("compare") === "previous"}
        onChange={(event) => change({ compare: event.currentTarget.checked ? "previous" : null })}
      />
      Compare with the range before
    </label>
  );
}

function Live() {
  const isOff = !isLive.value;
  const isLost = pulseError.value !== null;
  const text = isOff ? "Paused" : isLost ? "No connection" : "Live";
  return (
    <button
      type="button"
      class={isOff || isLost ? "live off" : "live"}
      aria-pressed={!isOff}
      title="Follow the data: the page changes when events do"
      onClick={() => {
        isLive.value = isOff;
      }}
    >
      {text}
    </button>
  );
}
