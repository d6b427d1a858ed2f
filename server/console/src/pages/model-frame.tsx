/** What is around each page of a model: it loads the model, follows its state, and shows the choices that the page takes. */

import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api, body } from "../api/client";
import { pulseError, usePulse } from "../api/pulse";
import { useResource } from "../api/resource";
import { Boundary } from "../ui/boundary";
import { openModel } from "../ui/open-model";
import { Scope } from "../ui/scope";
import { Empty, Failure, Loaded } from "../ui/states";
import { Time } from "../ui/time";
import { change } from "../url/location";
import { ALL } from "../url/range";
import type { Model, ModelPageProps, Route } from "../url/routes";
import { earliest, type Read, read, type Selection } from "../url/selection";

interface Props {
  id: string;
  route: Route;
  item: string | null;
  Content: ComponentType<ModelPageProps> | null;
}

export function ModelFrame({ id, route, item, Content }: Props) {
  usePulse(id);
  const path = { model_id: id };
  const model = useResource(
    id,
    async (signal) => (await body(api.GET("/v3/models/{model_id}", { params: { path }, signal }))).data,
  );
  useEffect(() => {
    openModel.value = model.data?.id === id ? model.data : null;
  }, [model.data, id]);
  useEffect(
    () => () => {
      openModel.value = null;
    },
    [],
  );
  const page = (found: Model) =>
    Content && (
      <Boundary key={`${route.base} ${id}`}>
        <Content model={found} item={item} />
      </Boundary>
    );
  const isBound = route.takes.includes("range") || route.takes.includes("env");
  return (
    <Loaded resource={model}>
      {(found) =>
        isBound ? (
          <Bound model={found} route={route}>
            {page(found)}
          </Bound>
        ) : (
          page(found)
        )
      }
    </Loaded>
  );
}

function Bound({ model, route, children }: { model: Model; route: Route; children: ComponentChildren }) {
  const known = read.value;
  useEarliest(known?.selection ?? null);
  if (!known) return pulseError.value ? <Failure error={pulseError.value} /> : null;
  const { environment } = known.selection;
  const isEmpty = environment.events === 0 && route.takes.includes("range");
  return (
    <>
      <Scope read={known} takes={route.takes} />
      <Notices read={known} />
      {isEmpty ? <Unpublished model={model} selection={known.selection} /> : children}
    </>
  );
}

function Notices({ read: { problems, isPast, selection } }: { read: Read }) {
  return (
    <>
      {problems.map((problem) => (
        <p class="notice" role="status" key={problem}>
          {problem}
        </p>
      ))}
      {isPast && (
        <p class="quiet small">
          The newest event is of <Time at={selection.environment.newest_event?.timestamp ?? null} />. These are the
          seven days that end with it.{" "}
          <button type="button" class="link" onClick={() => change({ from: ALL.from })}>
            Show all events
          </button>
        </p>
      )}
    </>
  );
}

/** Find out when the first event was, if the range is everything. */
function useEarliest(selection: Selection | null): void {
  const environment = selection?.environment;
  const isAll = selection?.range.from === ALL.from;
  const key = isAll ? `${environment?.id} ${environment?.data_revision}` : "";
  useEffect(() => {
    if (!isAll || !environment || !selection) return;
    const abort = new AbortController();
    findEarliest(selection, abort.signal).then(
      (at) => {
        if (at !== null) earliest.value = { ...earliest.value, [environment.id]: at };
      },
      () => null,
    );
    return () => abort.abort();
  }, [key]);
}

async function findEarliest({ modelId, environment }: Selection, signal: AbortSignal): Promise<number | null> {
  const isProduction = environment.type === "PRODUCTION";
  const of = isProduction
    ? { env_type: "PRODUCTION" as const }
    : { env_type: "PRE_PRODUCTION" as const, env_name: environment.name };
  const request = { model_id: modelId, ...of, limit: 1, columns: [] };
  const { data } = await body(api.POST("/v3/events/query", { body: request, signal }));
  const first = data.items[0];
  return first ? Date.parse(first.timestamp) : null;
}

/** No events yet: in production, the program that publishes one. */
function Unpublished({ model, selection }: { model: Model; selection: Selection }) {
  const [Content, setContent] = useState<ComponentType<{ model: Model }> | null>(null);
  const isProduction = selection.environment.type === "PRODUCTION";
  useEffect(() => {
    if (isProduction) import("./no-events").then((found) => setContent(() => found.NoEvents));
  }, [isProduction]);
  if (!isProduction) return <Empty title="Nothing was published to this dataset." />;
  return Content && <Content model={model} />;
}
