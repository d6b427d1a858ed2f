/** Jobs in a table: what they do, how far they are, and what became of their rows. */

import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { count } from "../ui/number";
import { Progress } from "../ui/progress";
import { hasEnded, JobStatus } from "../ui/status";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { link } from "../url/location";
import "./jobs.css";

export type Job = Schemas["Job"];
type Rule = { field: string; operator: string; value: unknown };

const REFRESH_MS = 2000;

/** Read a page of jobs, the newest first, again and again. */
export function useJobs(rules: Rule[], limit: number, offset: number) {
  const filter = rules.length ? JSON.stringify({ condition: "AND", rules }) : null;
  return useResource(
    JSON.stringify([filter, limit, offset]),
    async (signal) => {
      const query = { limit, offset, ...(filter ? { filter } : {}) };
      return (await body(api.GET("/v3/jobs", { params: { query }, signal }))).data;
    },
    REFRESH_MS,
  );
}

export function JobTable({ jobs, label }: { jobs: readonly Job[]; label: string }) {
  return (
    <TableBox label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">Model</th>
            <th scope="col">Environment</th>
            <th scope="col">Status</th>
            <th scope="col" class="number">
              Rows
            </th>
            <th scope="col" class="number">
              Rejected
            </th>
            <th scope="col">Accepted</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <Row key={job.id} job={job} />
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Row({ job }: { job: Job }) {
  const { info } = job;
  const rows = info.rows ?? info.deleted_events;
  return (
    <tr>
      <th scope="row">
        <a href={link(`/jobs/${job.id}`)}>
          <Text value={job.name} />
        </a>
      </th>
      <td>{info.model_name ? <Text value={info.model_name} /> : <span class="quiet">–</span>}</td>
      <td>{info.env_name ? <Text value={info.env_name} /> : <span class="quiet">–</span>}</td>
      <td>
        <JobStatus status={job.status} />{" "}
        {!hasEnded(job.status) && <Progress done={job.progress} label={`Progress of ${job.name}`} />}
      </td>
      <td class="number">{rows === undefined ? <span class="quiet">–</span> : count(rows)}</td>
      <td class="number">{info.rejected_rows ? count(info.rejected_rows) : <span class="quiet">–</span>}</td>
      <td>
        <Time at={job.created_at} />
      </td>
    </tr>
  );
}
