/** Jobs of all models, or one job. */

import { count } from "../ui/number";
import { Pager } from "../ui/pager";
import { Empty, Loaded } from "../ui/states";
import { STATUSES } from "../ui/status";
import { change, place } from "../url/location";
import type { PageProps } from "../url/routes";
import { JobPage } from "./job";
import { JobTable, useJobs } from "./job-list";

const LIMIT = 50;

export function Jobs({ item }: PageProps) {
  return item === null ? <All /> : <JobPage key={item} id={item} />;
}

function All() {
  const { query } = place.value;
  const status = query.get("status") ?? "";
  const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0);
  const isKnown = status in STATUSES;
  const jobs = useJobs(isKnown ? [{ field: "status", operator: "equal", value: status }] : [], LIMIT, offset);
  return (
    <>
      <div class="page-head">
        <h1>Jobs</h1>
        <select
          class="choice"
          aria-label="Status"
          value={isKnown ? status : ""}
          onChange={(event) => change({ status: event.currentTarget.value || null, offset: null })}
        >
          <option value="">Any status</option>
          {Object.entries(STATUSES).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <Loaded resource={jobs}>
        {(page) => (
          <>
            {page.items.length ? (
              <JobTable jobs={page.items} label="Jobs" />
            ) : (
              <NoJob isFiltered={isKnown} total={page.total} />
            )}
            <Pager offset={offset} shown={page.items.length} total={page.total} limit={LIMIT} what="jobs" />
          </>
        )}
      </Loaded>
    </>
  );
}

function NoJob({ isFiltered, total }: { isFiltered: boolean; total: number }) {
  if (total > 0) {
    return (
      <Empty title={`The list ends before this page: there are ${count(total)} jobs.`}>
        <button type="button" onClick={() => change({ offset: null })}>
          First page
        </button>
      </Empty>
    );
  }
  if (!isFiltered) return <Empty title="No job yet. A file that is published, or a deletion, becomes a job." />;
  return (
    <Empty title="No job has this status.">
      <button type="button" onClick={() => change({ status: null, offset: null })}>
        Show all jobs
      </button>
    </Empty>
  );
}
