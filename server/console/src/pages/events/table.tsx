/** A page of events as a table: what violates the schema is marked, with the value that was sent. */

import type { Schemas } from "../../api/client";
import { TableBox } from "../../ui/table-box";
import { Text } from "../../ui/text";
import { Time } from "../../ui/time";
import { Value } from "../../ui/value";
import { change } from "../../url/location";
import { linkToPage, type Model } from "../../url/routes";
import type { StoredEvent } from "./request";

interface Props {
  model: Model;
  events: readonly StoredEvent[];
  columns: readonly string[];
  order: Schemas["EventOrder"];
}

const NUMBERS = new Set(["int", "float"]);

export function EventTable({ model, events, columns, order }: Props) {
  const types = new Map(model.schema.columns.map(({ name, data_type }) => [name, data_type]));
  const targets = new Set(model.spec.targets ?? []);
  const isNumber = (name: string) => NUMBERS.has(types.get(name) ?? "");
  return (
    <TableBox label="Events">
      <table class="events">
        <thead>
          <tr>
            <TimeHead order={order} />
            <th scope="col">Id</th>
            {columns.map((name) => (
              <th scope="col" key={name} class={isNumber(name) ? "number" : ""}>
                <Text value={name} />
              </th>
            ))}
            <th scope="col">Violations</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <tr key={event.event_id}>
              <td>
                <a href={linkToPage(model.id, "events", event.event_id)}>
                  <Time at={event.timestamp} />
                </a>
              </td>
              <th scope="row">
                <Text value={event.event_id} />
              </th>
              {columns.map((name) => (
                <Cell key={name} event={event} name={name} isNumber={isNumber(name)} isTarget={targets.has(name)} />
              ))}
              <td>
                <Violations of={event.violations} targets={targets} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function TimeHead({ order }: { order: Schemas["EventOrder"] }) {
  const isUp = order === "asc";
  return (
    <th scope="col" aria-sort={isUp ? "ascending" : "descending"}>
      <button
        type="button"
        class="sort"
        onClick={() => change({ sort: isUp ? null : "timestamp", cursor: null })}
        title={isUp ? "Show the newest first" : "Show the oldest first"}
      >
        Event time
        <span aria-hidden="true" class="arrow">
          {isUp ? "↑" : "↓"}
        </span>
      </button>
    </th>
  );
}

interface CellProps {
  event: StoredEvent;
  name: string;
  isNumber: boolean;
  isTarget: boolean;
}

function Cell({ event, name, isNumber, isTarget }: CellProps) {
  const violation = event.violations.find((one) => one.column === name);
  const value = event.values[name];
  const isCut = event.shortened?.includes(name) ?? false;
  if (violation?.kind === "missing" && isTarget) return <td class="quiet">no label yet</td>;
  const isRaw = violation !== undefined && "value" in violation && (value === null || value === undefined);
  return (
    <td class={`${isNumber ? "number" : ""} ${violation ? "violated" : ""}`}>
      {violation?.kind === "missing" ? "missing" : <Value value={isRaw ? violation.value : value} isCut={isCut} />}
    </td>
  );
}

function Violations({ of, targets }: { of: StoredEvent["violations"]; targets: ReadonlySet<string> }) {
  const shown = of.filter(({ column, kind }) => kind !== "missing" || !targets.has(column));
  if (!shown.length) return <span class="quiet">–</span>;
  const [first] = shown;
  return (
    <span class="fault">
      {first && (
        <>
          <Text value={first.column} /> {first.kind}
        </>
      )}
      {shown.length > 1 && ` and ${shown.length - 1} more`}
    </span>
  );
}
