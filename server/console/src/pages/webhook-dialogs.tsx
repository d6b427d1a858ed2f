/** The dialogs that create, test and delete a webhook. */

import { useEffect, useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useAction } from "../ui/action";
import { Copy } from "../ui/copy";
import { Dialog } from "../ui/dialog";
import { Field, Form } from "../ui/form";
import { Question } from "../ui/question";

import { plain, Text } from "../ui/text";
import { PROVIDERS } from "./webhooks";

type Webhook = Schemas["Webhook"];
type Provider = Webhook["provider"];

export function CreateWebhook({ onClose, onMade }: { onClose: () => void; onMade: (webhook: Webhook) => void }) {
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const [provider, setProvider] = useState<Provider>("SLACK");
  const action = useAction();
  const create = async () => {
    onMade((await body(api.POST("/v2/webhooks", { body: { name, url: url.trim(), provider } }))).data);
  };
  return (
    <Dialog title="New webhook" onClose={onClose}>
      <Form action={action} submit={create} label="Create" onCancel={onClose} conflictAt="/name">
        <Field label="Name" at="/name">
          {(input) => (
            <input {...input} required autofocus value={name} onInput={(event) => setName(event.currentTarget.value)} />
          )}
        </Field>
        <Field label="Form of the messages" at="/provider">
          {(input) => (
            <select
              {...input}
              value={provider}
              onChange={(event) => setProvider(event.currentTarget.value as Provider)}
            >
              {Object.entries(PROVIDERS).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="URL" at="/url" hint="It is a secret: it is stored encrypted, and shown only in part.">
          {(input) => (
            <input
              {...input}
              required
              type="url"
              autocomplete="off"
              placeholder="https://hooks.example.com/…"
              value={url}
              onInput={(event) => setUrl(event.currentTarget.value)}
            />
          )}
        </Field>
      </Form>
    </Dialog>
  );
}

export function SecretOfWebhook({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const secret = webhook.signing_secret ?? "";
  return (
    <Dialog title="Copy the signing secret now" onClose={onClose}>
      <p>
        Messages to <Text value={webhook.name} /> are signed with it, in the header <code>X-Event-Signature</code>. It
        is shown only once.
      </p>
      <p class="secret-line">
        <code class="secret">{secret}</code>
        <Copy text={secret} what="signing secret" />
      </p>
      <footer class="dialog-foot">
        <button type="button" class="main" onClick={onClose}>
          Done
        </button>
      </footer>
    </Dialog>
  );
}

/** Send a test message at once, and show what became of it. */
export function TestWebhook({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const [result, setResult] = useState<Schemas["WebhookTest"] | null>(null);
  const { isRunning, error, run } = useAction();
  const path = { webhook_id: webhook.uuid };
  const send = () =>
    run(async () => {
      setResult(null);
      setResult((await body(api.POST("/v3/monitoring/webhooks/{webhook_id}/test", { params: { path } }))).data);
    });
  useEffect(() => {
    send();
  }, []);
  return (
    <Dialog title={`Test ${plain(webhook.name)}`} onClose={onClose}>
      <div role="status" class="stack">
        {isRunning && <p>Sending a test message. It takes up to 10 seconds …</p>}
        {result && <Result of={result} />}
        {error && <p class="fault">{error.message}</p>}
      </div>
      <footer class="dialog-foot">
        <button type="button" disabled={isRunning} onClick={send}>
          Send again
        </button>
        <button type="button" class="main" onClick={onClose}>
          Done
        </button>
      </footer>
    </Dialog>
  );
}

function Result({ of }: { of: Schemas["WebhookTest"] }) {
  return (
    <>
      <p class={of.delivered ? "good" : "fault"}>{of.delivered ? "Delivered." : "Not delivered."}</p>
      <p>
        {of.status_code === null
          ? "The receiver did not respond."
          : `The receiver responded with status ${of.status_code}.`}
        {of.problem && (
          <>
            {" "}
            <Text value={of.problem} />
          </>
        )}
      </p>
    </>
  );
}

interface DeleteProps {
  webhook: Webhook;
  onClose: () => void;
  onDeleted: () => void;
}

export function DeleteWebhook({ webhook, onClose, onDeleted }: DeleteProps) {
  const remove = async () => {
    await body(api.DELETE("/v2/webhooks/{webhook_id}", { params: { path: { webhook_id: webhook.uuid } } }));
    onDeleted();
  };
  return (
    <Question title={`Delete ${plain(webhook.name)}?`} label="Delete" act={remove} onClose={onClose}>
      <p>Its undelivered messages are cancelled. A webhook that an alert rule notifies cannot be deleted.</p>
    </Question>
  );
}
