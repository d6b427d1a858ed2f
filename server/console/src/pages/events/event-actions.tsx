/** Changes of one event: a corrected label, and its deletion. Both need the scope ingest; the server decides. */

import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { api, body, RequestFailed, type Schemas } from "../../api/client";
import { type Action, useAction } from "../../ui/action";
import { Dialog } from "../../ui/dialog";
import { Failure } from "../../ui/states";
import { hasEnded } from "../../ui/status";
import { plain, Text } from "../../ui/text";
import { exactText, Value } from "../../ui/value";
import { go } from "../../url/location";
import { linkToPage, type Model } from "../../url/routes";
import { readOne } from "./filter-value";
import type { StoredEvent } from "./request";

type Column = Schemas["Column"];

interface CorrectProps {
  model: Model;
  column: Column;
  event: StoredEvent;
  onClose: () => void;
  onDone: () => void;
}

export function CorrectValue({ model, column, event, onClose, onDone }: CorrectProps) {
  const stored = event.values[column.name];
  const [text, setText] = useState(stored === null || stored === undefined ? "" : exactText(stored));
  const [isNull, setNull] = useState(false);
  const action = useAction();
  const save = async () => {
    const read = isNull ? { value: null } : readOne(column, text);
    if ("fault" in read) throw new RequestFailed(read.fault, 0, null, null);
    const changed = { [model.event_id_col ?? ""]: event.event_id, [column.name]: read.value };
    const source = { type: "EVENTS" as const, events: [changed] };
    await body(api.PATCH("/v3/events", { body: { model_id: model.id, env_type: "PRODUCTION", source } }));
    onDone();
    onClose();
  };
  return (
    <Dialog title={`Correct ${plain(column.name)}`} onClose={onClose}>
      <Form action={action} submit={save} label="Save" onClose={onClose}>
        <p>
          Stored: <Value value={stored} isExact />. Figures follow the new value.
        </p>
        <ValueField column={column} text={text} change={setText} isDisabled={isNull} />
        <label class="check">
          <input type="checkbox" checked={isNull} onChange={(change) => setNull(change.currentTarget.checked)} />
          No value (null)
        </label>
      </Form>
    </Dialog>
  );
}

interface FieldProps {
  column: Column;
  text: string;
  change: (text: string) => void;
  isDisabled: boolean;
}

function ValueField({ column, text, change, isDisabled }: FieldProps) {
  const choices = column.data_type === "bool" ? ["true", "false"] : column.categories?.map(String);
  const id = useId();
  return (
    <div class="field">
      <label for={id}>Value</label>
      {choices && choices.length <= 200 ? (
        <select id={id} value={text} disabled={isDisabled} onChange={(event) => change(event.currentTarget.value)}>
          <option value="">choose</option>
          {choices.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          autofocus
          value={text}
          disabled={isDisabled}
          onInput={(event) => change(event.currentTarget.value)}
        />
      )}
    </div>
  );
}

export function DeleteEvent({ model, id, onClose }: { model: Model; id: string; onClose: () => void }) {
  const action = useAction();
  const remove = async () => {
    const request = { model_id: model.id, event_ids: [id] };
    const { data } = await body(api.DELETE("/v3/events", { body: request }));
    await endOf(data.job.id);
    go(linkToPage(model.id, "events"));
  };
  return (
    <Dialog title="Delete this event?" onClose={onClose}>
      <Form action={action} submit={remove} label="Delete 1 event" onClose={onClose} isDangerous>
        <p>
          The event <Text value={id} /> is deleted for good, and all figures are computed without it.
        </p>
      </Form>
    </Dialog>
  );
}

/** Wait for the end of a job. Throws RequestFailed if it fails. */
async function endOf(jobId: string): Promise<void> {
  const params = { path: { job_id: jobId } };
  for (;;) {
    const job = (await body(api.GET("/v3/jobs/{job_id}", { params }))).data;
    if (job.status === "FAILURE") throw new RequestFailed(job.error_message ?? "The job failed", 0, null, null);
    if (hasEnded(job.status)) return;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

interface FormProps {
  action: Action;
  submit: () => Promise<void>;
  label: string;
  onClose: () => void;
  isDangerous?: boolean;
  children: ComponentChildren;
}

function Form({ action, submit, label, onClose, isDangerous = false, children }: FormProps) {
  const send = (event: Event) => {
    event.preventDefault();
    action.run(submit);
  };
  return (
    <form class="form" onSubmit={send}>
      {children}
      {action.error && <Failure error={action.error} />}
      <footer class="dialog-foot">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" class={isDangerous ? "danger" : "main"} disabled={action.isRunning}>
          {label}
        </button>
      </footer>
    </form>
  );
}
