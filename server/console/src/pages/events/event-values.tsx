/** The values of an event by role: type, rule, violation with the value that was sent, and when a label came. */

import { useState } from "preact/hooks";
import type { Schemas } from "../../api/client";
import { useLive } from "../../api/pulse";
import { may } from "../../api/session";
import { count } from "../../ui/number";
import { Loaded } from "../../ui/states";
import { TableBox } from "../../ui/table-box";
import { Text } from "../../ui/text";
import { Time } from "../../ui/time";
import { Value } from "../../ui/value";
import { filterText } from "../../url/filters";
import { linkToPage, type Model } from "../../url/routes";
import { useSelection } from "../../url/selection";
import { rule } from "../column-words";
import { CorrectValue } from "./event-actions";
import { eventBody, isShownAnyway, isWide, readEvents, type StoredEvent } from "./request";

type Column = Schemas["Column"];

const ROLES = ["outputs", "targets", "inputs", "decisions", "metadata"] as const;
const SHOWN = 100;
type Role = (typeof ROLES)[number] | "other";

interface Props {
  model: Model;
  event: StoredEvent;
  isProduction: boolean;
  reload: () => void;
}

export function EventValues(props: Props) {
  const { model, event } = props;
  const [search, setSearch] = useState("");
  const [isOnlyBad, setOnlyBad] = useState(false);
  const bad = new Set(event.violations.map(({ column }) => column));
  const isShown = ({ name }: Column) =>
    name.toLowerCase().includes(search.toLowerCase()) && (!isOnlyBad || bad.has(name));
  const found = model.schema.columns.filter(isShown);
  return (
    <section>
      <div class="page-head">
        <h2>
          Values <span class="quiet">{count(model.schema.columns.length)}</span>
        </h2>
        <input
          type="search"
          class="search"
          aria-label="Search columns"
          placeholder="Search columns"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <label class="check">
          <input type="checkbox" checked={isOnlyBad} onChange={(event) => setOnlyBad(event.currentTarget.checked)} />
          Violations only ({count(event.violations.length)})
        </label>
      </div>
      {found.length ? <Roles {...props} columns={found} /> : <p class="quiet">No column is like this.</p>}
      <Undeclared model={model} event={event} />
    </section>
  );
}

type InRole = { column: Column; role: Role };

function Roles({ columns, ...props }: Props & { columns: Column[] }) {
  const [limit, setLimit] = useState(SHOWN);
  const shown = byRole(props.model, columns).slice(0, limit);
  return (
    <>
      {isWide(props.model) ? <PartOfValues {...props} shown={shown} /> : <Values {...props} shown={shown} />}
      {columns.length > limit && (
        <button type="button" onClick={() => setLimit(limit + SHOWN)}>
          Show {SHOWN} more of {count(columns.length)}
        </button>
      )}
    </>
  );
}

/** Values of an event that has so many that only those which are shown are read. */
function PartOfValues({ shown, ...props }: Props & { shown: InRole[] }) {
  const selection = useSelection();
  const request = eventBody(
    selection,
    props.event.event_id,
    shown.map(({ column }) => column.name),
  );
  const part = useLive(JSON.stringify(request), selection.revision, (signal) => readEvents(request, signal));
  return (
    <Loaded resource={part}>
      {({ items: [event] }) => event && <Values {...props} event={event} shown={shown} />}
    </Loaded>
  );
}

function Values({ shown, ...props }: Props & { shown: InRole[] }) {
  return (
    <TableBox label="Values">
      <table>
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Role</th>
            <th scope="col">Value</th>
            <th scope="col">Violation</th>
            <th scope="col">Type</th>
            <th scope="col">Allowed</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ column, role }) => (
            <Row key={column.name} column={column} role={role} {...props} />
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

/** Put the columns into the order of their roles, each as the schema has them. */
function byRole(model: Model, columns: Column[]): InRole[] {
  const roles = new Map<string, Role>();
  for (const role of ROLES) for (const name of model.spec[role] ?? []) if (!roles.has(name)) roles.set(name, role);
  const of = (column: Column): Role => roles.get(column.name) ?? "other";
  const order: Role[] = [...ROLES, "other"];
  return order.flatMap((role) => columns.filter((column) => of(column) === role).map((column) => ({ column, role })));
}

function Row({ column, role, model, event, isProduction, reload }: Props & { column: Column; role: Role }) {
  const [isOpen, setOpen] = useState(false);
  const violation = event.violations.find((one) => one.column === column.name);
  const isAwaited = role === "targets" && violation?.kind === "missing";
  const labelled = event.labelled_at[column.name];
  const isWritable = (role === "targets" || role === "metadata") && !isShownAnyway(model, column.name);
  const canCorrect = isWritable && isProduction && model.event_id_col !== null && may("ingest");
  return (
    <tr>
      <th scope="row">
        <Text value={column.name} />
      </th>
      <td class="quiet">{role.replace(/s$/, "")}</td>
      <td class="value">
        <Value value={event.values[column.name]} isExact />{" "}
        {canCorrect && column.data_type !== "vector" && (
          <button type="button" class="small" aria-label={`Correct ${column.name}`} onClick={() => setOpen(true)}>
            Correct
          </button>
        )}
        {isOpen && (
          <CorrectValue model={model} column={column} event={event} onClose={() => setOpen(false)} onDone={reload} />
        )}
        {labelled && (
          <span class="line quiet small">
            labelled <Time at={labelled} />
          </span>
        )}
      </td>
      <td class="value">
        {isAwaited ? <span class="quiet">no label yet</span> : violation && <Violation of={violation} model={model} />}
      </td>
      <td>{column.data_type}</td>
      <td class="value">
        <Text value={rule(column)} />
      </td>
    </tr>
  );
}

function Violation({ of, model }: { of: Schemas["Violation"]; model: Model }) {
  const alike = filterText({ column: of.column, operator: "any_violation", kind: of.kind });
  return (
    <>
      <a class="fault" href={linkToPage(model.id, "events", null, { f: [alike] })} title="Events with this violation">
        {of.kind}
      </a>
      {"value" in of && (
        <>
          {" "}
          <span class="quiet">sent:</span> <Value value={of.value} isExact />
        </>
      )}
    </>
  );
}

function Undeclared({ model, event }: { model: Model; event: StoredEvent }) {
  const names = Object.keys(event.undeclared);
  if (!names.length) return null;
  return (
    <section>
      <h2>
        Undeclared columns <span class="quiet">{count(names.length)}</span>
      </h2>
      <TableBox label="Undeclared columns">
        <table>
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {names.slice(0, SHOWN).map((name) => (
              <tr key={name}>
                <th scope="row">
                  <a
                    href={linkToPage(model.id, "events", null, {
                      f: [filterText({ column: name, operator: "exists" })],
                    })}
                  >
                    <Text value={name} />
                  </a>
                </th>
                <td class="value">
                  <Value value={event.undeclared[name]} isExact />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      {names.length > SHOWN && <p class="quiet">{count(names.length - SHOWN)} more: see the API call.</p>}
    </section>
  );
}
