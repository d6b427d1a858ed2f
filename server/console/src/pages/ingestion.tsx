/** Ingestion of one model or of all: what comes in now, the last hour by minute, and the jobs. */

import { type Counts, eventsOf, type Ingestion, refusedOf, useIngestion, usePace } from "../api/ingestion";
import { may } from "../api/session";
import { MinuteBars } from "../ui/minute-bars";
import { count, figure, size } from "../ui/number";
import { zone } from "../ui/preferences";
import { Empty, Loaded } from "../ui/states";
import { inZone, Time } from "../ui/time";
import { link } from "../url/location";
import type { ModelPageProps } from "../url/routes";
import { ByMinute, ByModel } from "./ingestion-tables";
import { JobTable, useJobs } from "./job-list";
import { PublishFile } from "./publish-file";
import "./ingestion.css";

const JOBS = 8;

/** The ingestion of all models. */
export function AllIngestion() {
  return <Page modelId={null} />;
}

/** The ingestion of one model. */
export function ModelIngestion({ model }: ModelPageProps) {
  return <Page modelId={model.id} model={model} />;
}

function Page({ modelId, model }: { modelId: string | null; model?: ModelPageProps["model"] }) {
  const ingestion = useIngestion(modelId);
  return (
    <>
      <div class="page-head">
        <h1>Ingestion</h1>
        <span class="spacer" />
        {model && may("ingest") && <PublishFile model={model} />}
      </div>
      <Loaded resource={ingestion}>
        {(report) => (
          <>
            <Now report={report} />
            <Refused counted={total(report)} />
            {modelId === null && <ByModel models={report.models} />}
            <ByMinute minutes={report.minutes} />
          </>
        )}
      </Loaded>
      <Jobs modelId={modelId} />
    </>
  );
}

interface FigureProps {
  name: string;
  value: string;
  unit: string;
  report: Ingestion;
  pick: (counts: Counts) => number;
  write: (value: number) => string;
}

function Now({ report }: { report: Ingestion }) {
  const pace = usePace(report);
  const last = report.minutes.findLast(({ counted }) => counted.latency)?.counted.latency ?? null;
  const latencyOf = (counts: Counts) => counts.latency?.p90_ms ?? 0;
  const rate = (pick: (counts: Counts) => number) => figure(Number(pace(pick).toPrecision(3)));
  const events = (value: number) => `${count(value)} events`;
  const requests = (value: number) => `${count(value)} requests`;
  return (
    <section aria-label="Now">
      <div class="live-figures">
        <Figure name="Events" value={rate(eventsOf)} unit="/s" report={report} pick={eventsOf} write={events} />
        <Figure
          name="Requests"
          value={rate((counts) => counts.requests)}
          unit="/s"
          report={report}
          pick={(counts) => counts.requests}
          write={requests}
        />
        <Figure name="Refused" value={rate(refusedOf)} unit="/s" report={report} pick={refusedOf} write={requests} />
        <Figure
          name="Latency, 90th percentile"
          value={last ? figure(Number(last.p90_ms.toPrecision(3))) : "–"}
          unit={last ? "ms" : ""}
          report={report}
          pick={latencyOf}
          write={(value) => `${figure(value)} ms`}
        />
      </div>
      <p class="quiet small">
        {rate((counts) => counts.bytes / 1024)} KiB/s of bodies, {size(total(report).bytes)} in this hour ·{" "}
        {count(report.waiting_requests)} requests wait to be ingested
        {last &&
          ` · latency ${figure(last.p50_ms)} / ${figure(last.p90_ms)} / ${figure(last.p99_ms)} ms (50, 90, 99 %)`}
      </p>
      <p class="quiet small">
        By minute of receipt, since <Time at={report.minutes[0]?.minute ?? report.started_at} />, from the memory of{" "}
        {report.replica ? `the replica ${report.replica}` : "the server"}, which started at{" "}
        <Time at={report.started_at} />.
      </p>
    </section>
  );
}

function Figure({ name, value, unit, report, pick, write }: FigureProps) {
  const values = report.minutes.map(({ counted }) => pick(counted));
  const names = report.minutes.map(
    ({ minute }, n) => `${inZone(minute, zone.value).slice(11, 16)}, ${write(values[n] ?? 0)}`,
  );
  const most = values.indexOf(Math.max(...values));
  return (
    <div class="live-figure">
      <h2>{name}</h2>
      <p class="large">
        {value} <span class="quiet">{unit}</span>
      </p>
      <MinuteBars values={values} names={names} label={`${name} of the last hour by minute; most at ${names[most]}`} />
    </div>
  );
}

function total(report: Ingestion): Pick<Counts, "bytes" | "refused"> {
  const refused = new Map<string, number>();
  let bytes = 0;
  for (const { counted } of report.minutes) {
    bytes += counted.bytes;
    for (const one of counted.refused) refused.set(one.reason, (refused.get(one.reason) ?? 0) + one.requests);
  }
  return { bytes, refused: [...refused].map(([reason, requests]) => ({ reason, requests })) };
}

function Refused({ counted: { refused } }: { counted: Pick<Counts, "refused"> }) {
  if (!refused.length) return null;
  const ordered = [...refused].sort((a, b) => b.requests - a.requests);
  return (
    <section>
      <h2>Refused in this hour</h2>
      <dl class="facts figures">
        {ordered.map(({ reason, requests }) => (
          <div key={reason}>
            <dt>{reason}</dt>
            <dd>{count(requests)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Jobs({ modelId }: { modelId: string | null }) {
  const jobs = useJobs(modelId ? [{ field: "model_id", operator: "equal", value: modelId }] : [], JOBS, 0);
  return (
    <section>
      <div class="page-head">
        <h2>Jobs</h2>
        <a href={link("/jobs")}>All jobs</a>
      </div>
      <Loaded resource={jobs}>
        {(page) =>
          page.items.length ? (
            <JobTable jobs={page.items} label="Newest jobs" />
          ) : (
            <Empty title="No job yet. A file that is published, or a deletion, becomes a job." />
          )
        }
      </Loaded>
    </section>
  );
}
