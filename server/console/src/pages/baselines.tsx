/** Baselines of a model: what drift compares with. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { may } from "../api/session";
import { Listing, listQuery } from "../ui/listing";
import { count } from "../ui/number";
import { Question } from "../ui/question";
import { Rows } from "../ui/rows";
import { Search } from "../ui/search";
import { Empty } from "../ui/states";
import { plain, Text } from "../ui/text";
import { Time } from "../ui/time";
import type { ModelPageProps } from "../url/routes";
import { CreateBaseline } from "./baseline-dialog";
import { rulesUsing } from "./definition-kinds";
import { RuleLinks } from "./rule-links";
import "./monitoring.css";

type Baseline = Schemas["Baseline"];
type Open = { kind: "create" } | { kind: "delete"; baseline: Baseline };

export function BaselinesPage({ model }: ModelPageProps) {
  const [open, setOpen] = useState<Open | null>(null);
  const query = listQuery();
  const baselines = useResource(JSON.stringify([model.id, query]), async (signal) => {
    const params = { path: { model_id: model.id }, query };
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
      <Listing resource={baselines} what="baselines" none={<None />}>
        {(items) => <Table of={items} remove={(baseline) => setOpen({ kind: "delete", baseline })} />}
      </Listing>
      {open?.kind === "create" && <CreateBaseline model={model} onClose={close} onMade={changed} />}
      {open?.kind === "delete" && <DeleteBaseline baseline={open.baseline} onClose={close} onDeleted={changed} />}
    </>
  );
}

function None() {
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
  const usedBy = (id: string) => rules.data?.filter((rule) => rule.baseline?.id === id);
  return (
    <Rows
      label="Baselines"
      rows={of}
      id={(one) => one.id}
      columns={[
        { head: "Name", form: "name", cell: (one) => <Text value={one.name} /> },
        { head: "Kind", cell: (one) => (one.type === "STATIC" ? "static" : "rolling") },
        { head: "Its events", cell: (one) => <Source of={one} /> },
        { head: "Events", form: "number", cell: (one) => (one.row_count === null ? "–" : count(one.row_count)) },
        { head: "Alert rules", cell: (one) => <RuleLinks rules={usedBy(one.id)} error={rules.error} /> },
        { head: "Created", cell: (one) => <Time at={one.created_at} /> },
        may("manage") && {
          head: "Actions",
          form: "actions",
          cell: (one) => (
            <button type="button" class="small" aria-label={`Delete ${one.name}`} onClick={() => remove(one)}>
              Delete
            </button>
          ),
        },
      ]}
    />
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
