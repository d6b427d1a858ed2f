/** One job: its progress, what became of its rows, its violations, and the rows that were rejected. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { Copy } from "../ui/copy";
import { count, duration } from "../ui/number";
import { Progress } from "../ui/progress";
import { Loaded } from "../ui/states";
import { hasEnded, JobStatus } from "../ui/status";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { filterText } from "../url/filters";
import { link } from "../url/location";
import type { Job } from "./job-list";
import { RejectedRows } from "./rejected-rows";
import "./jobs.css";

const REFRESH_MS = 1000;
const PACE_MS = 10_000;

export function JobPage({ id }: { id: string }) {
  const [ended, setEnded] = useState(false);
  const path = { job_id: id };
  const job = useResource(
    id,
    async (signal) => (await body(api.GET("/v3/jobs/{job_id}", { params: { path }, signal }))).data,
    ended ? undefined : REFRESH_MS,
  );
  useEffect(() => setEnded(job.data !== undefined && hasEnded(job.data.status)), [job.data]);
  return <Loaded resource={job}>{(found) => <Shown job={found} />}</Loaded>;
}

function Shown({ job }: { job: Job }) {
  const { info } = job;
  return (
    <>
      <div class="page-head">
        <h1>
          <Text value={job.name} />
        </h1>
        <JobStatus status={job.status} />
      </div>
      <Advance job={job} />
      {job.error_message && (
        <p class="notice bad" role="alert">
          <Text value={job.error_message} />
        </p>
      )}
      <Rows info={info} />
      <Facts job={job} />
      <Warnings info={info} />
      <Violations job={job} />
      {info.rejected_rows ? <RejectedRows key={info.rejected_rows} jobId={job.id} total={info.rejected_rows} /> : null}
    </>
  );
}

/** How far a job is that has not ended, and when it will end at the present pace. */
function Advance({ job }: { job: Job }) {
  const pace = usePace(job);
  if (hasEnded(job.status)) return null;
  const left = pace && pace.progress > 0 ? (100 - job.progress) / pace.progress : null;
  return (
    <p class="advance">
      <Progress done={job.progress} label={`Progress of ${job.name}`} />
      <span class="quiet" role="status">
        {job.status === "PENDING" && "It waits for a worker."}
        {pace && pace.rows > 0 && `${count(Math.round(pace.rows))} rows/s`}
        {left !== null && left < 86_400 && `, about ${duration(Math.max(left, 1))} left`}
      </span>
    </p>
  );
}

interface Sample {
  at: number;
  progress: number;
  rows: number;
}

/** Return the progress in percent and rows of a second, from the last seconds; null until that is known. */
function usePace({ progress, info }: Job): { progress: number; rows: number } | null {
  const samples = useRef<Sample[]>([]);
  const now = performance.now();
  const rows = info.rows ?? 0;
  const last = samples.current.at(-1);
  if (!last || last.progress !== progress || last.rows !== rows) samples.current.push({ at: now, progress, rows });
  while (samples.current.length > 2 && now - (samples.current[0]?.at ?? now) > PACE_MS) samples.current.shift();
  const first = samples.current[0];
  if (!first || now - first.at < 500 || samples.current.length < 2) return null;
  const seconds = (now - first.at) / 1000;
  return { progress: (progress - first.progress) / seconds, rows: (rows - first.rows) / seconds };
}

const COUNTED = {
  rows: "Rows read",
  created: "Created",
  replaced: "Replaced",
  unchanged: "Unchanged",
  updated: "Updated",
  unknown: "Unknown ids",
  rejected_rows: "Rejected",
  deleted_events: "Events deleted",
} as const;

function Rows({ info }: { info: Job["info"] }) {
  const known = Object.entries(COUNTED).filter(([name]) => info[name as keyof typeof COUNTED] !== undefined);
  if (!known.length) return null;
  return (
    <dl class="facts figures">
      {known.map(([name, label]) => (
        <Fact key={name} name={label}>
          {count(info[name as keyof typeof COUNTED] ?? 0)}
        </Fact>
      ))}
    </dl>
  );
}

function Facts({ job }: { job: Job }) {
  const { info } = job;
  return (
    <dl class="facts">
      {info.model_name && (
        <Fact name="Model">
          {info.model_uuid ? (
            <a href={link(`/models/${info.model_uuid}`)}>
              <Text value={info.model_name} />
            </a>
          ) : (
            <Text value={info.model_name} />
          )}
        </Fact>
      )}
      <Fact name="Project">
        <Text value={info.project_name} />
      </Fact>
      {info.env_name && (
        <Fact name="Environment">
          <Text value={info.env_name} />
        </Fact>
      )}
      <Fact name="Accepted">
        <Time at={job.created_at} />
      </Fact>
      <Fact name="Began">
        <Time at={job.started_at} none="not yet" />
      </Fact>
      <Fact name="Ended">
        <Time at={job.completed_at} none="not yet" />
        {job.completed_at && <span class="quiet"> after {duration(seconds(job))}</span>}
      </Fact>
      <Fact name="Id">
        <code>{job.id}</code> <Copy text={job.id} what="id of the job" />
      </Fact>
    </dl>
  );
}

function seconds({ started_at, created_at, completed_at }: Job): number {
  return (Date.parse(completed_at ?? created_at) - Date.parse(started_at ?? created_at)) / 1000;
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Warnings({ info }: { info: Job["info"] }) {
  const lines: [string, readonly string[]][] = [
    ["Columns that the schema does not declare; they are kept:", info.undeclared_columns ?? []],
    ["Columns that an update leaves alone:", info.ignored_columns ?? []],
  ];
  return (
    <>
      {info.missing_timestamp_column && (
        <p class="notice">
          The file has no column <Text value={info.missing_timestamp_column} />, so its events have the time of receipt.
        </p>
      )}
      {info.warnings?.map((warning: Schemas["WarningDetail"]) => (
        <p class="notice" key={warning.message}>
          <Text value={warning.message} />
        </p>
      ))}
      {lines.map(
        ([text, names]) =>
          names.length > 0 && (
            <p class="notice" key={text}>
              <span>
                {text} <Text value={names.join(", ")} />
              </span>
            </p>
          ),
      )}
    </>
  );
}

/** What violates the schema in the file's events; each count leads to the events of the model with this violation. */
function Violations({ job }: { job: Job }) {
  const { violations, model_uuid: modelId, env_type: type, env_name: name } = job.info;
  if (!violations?.length || !modelId) return null;
  const env = type === "PRE_PRODUCTION" ? name : null;
  return (
    <section>
      <h2>Violations</h2>
      <TableBox label="Violations">
        <table>
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Kind</th>
              <th scope="col" class="number">
                Events of the file
              </th>
            </tr>
          </thead>
          <tbody>
            {violations.map(({ column, kind, count: number }) => (
              <tr key={`${kind} ${column}`}>
                <th scope="row">
                  <a
                    href={link(`/models/${modelId}/events`, {
                      env,
                      from: "all",
                      f: [filterText({ column, operator: "any_violation", kind })],
                    })}
                  >
                    <Text value={column} />
                  </a>
                </th>
                <td>{kind}</td>
                <td class="number">{count(number)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </section>
  );
}
