/** The status of a job in words, with a mark that does not depend on colour. */

import type { Schemas } from "../api/client";

type Status = Schemas["JobStatus"];

export const STATUSES: Record<Status, string> = {
  PENDING: "waiting",
  STARTED: "running",
  SUCCESS: "done",
  FAILURE: "failed",
};

export function JobStatus({ status }: { status: Status }) {
  return <span class={`job-status ${status.toLowerCase()}`}>{STATUSES[status]}</span>;
}

/** Return whether a job has ended. */
export function hasEnded(status: Status): boolean {
  return status === "SUCCESS" || status === "FAILURE";
}
