/** The rows of a job's file that cannot be events: by reason first, because many rows usually have few reasons. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { count } from "../ui/number";
import { Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { plain } from "../ui/text";

type Row = Schemas["RejectedRow"];

const PAGE = 1000;
const MAX_ROWS = 10_000;
const SHOWN = 100;

interface Group {
  reason: string;
  message: string;
  rows: number[];
}

export function RejectedRows({ jobId, total }: { jobId: string; total: number }) {
  const rows = useResource(`${jobId} ${total}`, (signal) => readRows(jobId, signal));
  return (
    <section>
      <h2>Rejected rows</h2>
      <Loaded resource={rows}>{(found) => <Groups groups={grouped(found)} read={found.length} total={total} />}</Loaded>
    </section>
  );
}

async function readRows(jobId: string, signal: AbortSignal): Promise<Row[]> {
  const rows: Row[] = [];
  for (let offset = 0; offset < MAX_ROWS; offset += PAGE) {
    const params = { path: { job_id: jobId }, query: { limit: PAGE, offset } };
    const { data } = await body(api.GET("/v3/jobs/{job_id}/rejected-rows", { params, signal }));
    rows.push(...data.items);
    if (rows.length >= data.total || !data.items.length) break;
  }
  return rows;
}

function grouped(rows: readonly Row[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { row, reason, message } of rows) {
    const key = JSON.stringify([reason, message]);
    const group = groups.get(key) ?? { reason, message, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.rows.length - a.rows.length);
}

function Groups({ groups, read, total }: { groups: Group[]; read: number; total: number }) {
  return (
    <>
      {read < total && (
        <p class="quiet">
          By the first {count(read)} of {count(total)} rejected rows.
        </p>
      )}
      <TableBox label="Rejected rows by reason">
        <table>
          <thead>
            <tr>
              <th scope="col">Reason</th>
              <th scope="col" class="number">
                Rows
              </th>
              <th scope="col">Row numbers, from 0 without a header</th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <tr key={`${group.reason} ${group.message}`}>
                <th scope="row" class="wrap">
                  <bdi>{plain(group.message)}</bdi>
                </th>
                <td class="number">{count(group.rows.length)}</td>
                <td class="wrap">
                  <Numbers rows={group.rows} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </>
  );
}

function Numbers({ rows }: { rows: number[] }) {
  const [shown, setShown] = useState(10);
  return (
    <>
      {rows.slice(0, shown).map(count).join(" · ")}{" "}
      {rows.length > shown && (
        <button type="button" class="small" onClick={() => setShown(shown + SHOWN)}>
          {count(rows.length - shown)} more
        </button>
      )}
    </>
  );
}
