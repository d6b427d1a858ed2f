/** Baselines of a model: what drift compares with. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { may } from "../api/session";
import { count } from "../ui/number";
import { Pager } from "../ui/pager";
import { Question } from "../ui/question";
import { Search } from "../ui/search";
import { Empty, Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { plain, Text } from "../ui/text";
import { Time } from "../ui/time";
import { change, place } from "../url/location";
import type { ModelPageProps } from "../url/routes";
import { CreateBaseline } from "./baseline-dialog";
import { rulesUsing } from "./definition-kinds";
import { RuleLinks } from "./rule-links";
import "./monitoring.css";

const LIMIT = 50;

type Baseline = Schemas["Baseline"];
type Open = { kind: "create" } | { kind: "delete"; baseline: Baseline };

export function BaselinesPage({ model }: ModelPageProps) {
  const [open, setOpen] = useState<Open | null>(null);
  const search = place.value.query.get("search") ?? "";
  const offset = Math.max(0, Number.parseInt(place.value.query.get("offset") ?? "0", 10) || 0);
  const baselines = useResource(JSON.stringify([model.id, search, offset]), async (signal) => {
    const all = { limit: LIMIT, offset };
    const params = { path: { model_id: model.id }, query: search ? { ...all, search } : all };
    return (await body(api.GET("/v3/models/{model_id}/baselines", { params, signal }))).data;
  });
  const close = () => setOpen(null);
  const changed = () => {
    close();
    baselines.reload();
  };
  return (
    <>
      <div class="page-head">
        <h1>Baselines</h1>
        <Search label="Search baselines" />
        <span class="spacer" />
        {may("manage") && (
          <button type="button" class="main" onClick={() => setOpen({ kind: "create" })}>
            New baseline
          </button>
        )}
      </div>
      <Loaded resource={baselines}>
        {(page) =>
          page.items.length ? (
            <>
              <Table of={page.items} remove={(baseline) => setOpen({ kind: "delete", baseline })} />
              <Pager offset={offset} shown={page.items.length} total={page.total} limit={LIMIT} what="baselines" />
            </>
          ) : (
            <None search={search} />
          )
        }
      </Loaded>
      {open?.kind === "create" && <CreateBaseline model={model} onClose={close} onMade={changed} />}
      {open?.kind === "delete" && <DeleteBaseline baseline={open.baseline} onClose={close} onDeleted={changed} />}
    </>
  );
}

function None({ search }: { search: string }) {
  if (search) {
    return (
      <Empty title={`No baseline has “${search}” in its name.`}>
        <button type="button" onClick={() => change({ search: null, offset: null })}>
          Show all baselines
        </button>
      </Empty>
    );
  }
  return (
    <Empty title="This model has no baseline yet.">
      <p>
        Drift compares events with a baseline. The first publish to a dataset makes one with its name. A rolling
        baseline needs no dataset: it is the same span of time, earlier.
      </p>
    </Empty>
  );
}

function Table({ of, remove }: { of: Baseline[]; remove: (baseline: Baseline) => void }) {
  const ids = of.map((one) => one.id);
  const rules = useResource(ids.join(), (signal) => rulesUsing("baseline_id", ids, signal));
  return (
    <TableBox label="Baselines">
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Kind</th>
            <th scope="col">Its events</th>
            <th scope="col" class="number">
              Events
            </th>
            <th scope="col">Alert rules</th>
            <th scope="col">Created</th>
            <th scope="col">
              <span class="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {of.map((one) => (
            <tr key={one.id}>
              <th scope="row">
                <Text value={one.name} />
              </th>
              <td>{one.type === "STATIC" ? "static" : "rolling"}</td>
              <td>
                <Source of={one} />
              </td>
              <td class="number">{one.row_count === null ? <span class="quiet">–</span> : count(one.row_count)}</td>
              <td>
                <RuleLinks rules={rules.data?.filter((rule) => rule.baseline?.id === one.id)} error={rules.error} />
              </td>
              <td>
                <Time at={one.created_at} />
              </td>
              <td class="actions">
                {may("manage") && (
                  <button type="button" class="small" aria-label={`Delete ${one.name}`} onClick={() => remove(one)}>
                    Delete
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Source({ of }: { of: Baseline }) {
  if (of.environment.type === "PRE_PRODUCTION") {
    return (
      <>
        dataset <Text value={of.environment.name} />
      </>
    );
  }
  if (of.type === "ROLLING") return <>{windowOf(of.offset_delta ?? 1, of.window_bin_size ?? "Day")}</>;
  return (
    <>
      production, <Time at={iso(of.start_time)} /> to <Time at={iso(of.end_time)} />
    </>
  );
}

/** Describe the window of a rolling baseline: "production, the day 7 days before". */
export function windowOf(offset: number, size: string): string {
  const unit = size.toLowerCase();
  return `production, the ${unit} ${offset === 1 ? `a ${unit}` : `${offset} ${unit}s`} before`.replace(
    "a hour",
    "an hour",
  );
}

function iso(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

interface DeleteProps {
  baseline: Baseline;
  onClose: () => void;
  onDeleted: () => void;
}

function DeleteBaseline({ baseline, onClose, onDeleted }: DeleteProps) {
  const remove = async () => {
    const params = { path: { baseline_id: baseline.id } };
    await body(api.DELETE("/v3/baselines/{baseline_id}", { params }));
    onDeleted();
  };
  return (
    <Question title={`Delete ${plain(baseline.name)}?`} label="Delete" act={remove} onClose={onClose}>
      <p>
        Its events stay. A baseline that an alert rule or a custom metric uses cannot be deleted, and a later publish
        does not make this one again.
      </p>
    </Question>
  );
}
