/** Webhooks: the receivers of messages about alerts. Their URLs are secrets, so they are masked. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { may } from "../api/session";
import { Listing, listQuery } from "../ui/listing";
import { Rows } from "../ui/rows";
import { Search } from "../ui/search";
import { Empty } from "../ui/states";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { linkTo } from "../url/routes";
import { CreateWebhook, DeleteWebhook, SecretOfWebhook, TestWebhook } from "./webhook-dialogs";
import "./monitoring.css";

type Webhook = Schemas["Webhook"];
type Open = { kind: "create" } | { kind: "delete" | "test" | "secret"; webhook: Webhook };

export const PROVIDERS: Record<Webhook["provider"], string> = {
  SLACK: "Slack",
  MS_TEAMS: "Microsoft Teams",
  OTHER: "Signed JSON",
};

export function WebhooksPage() {
  const [open, setOpen] = useState<Open | null>(null);
  const query = listQuery();
  const webhooks = useResource(JSON.stringify(query), async (signal) => {
    return (await body(api.GET("/v2/webhooks", { params: { query }, signal }))).data;
  });
  const close = () => setOpen(null);
  const made = (webhook: Webhook) => {
    setOpen(webhook.signing_secret ? { kind: "secret", webhook } : null);
    webhooks.reload();
  };
  const deleted = () => {
    close();
    webhooks.reload();
  };
  return (
    <>
      <div class="page-head">
        <h1>Webhooks</h1>
        <Search label="Search webhooks by name" />
        <span class="spacer" />
        {may("admin") && <a href={linkTo("/deliveries")}>Messages sent</a>}
        {may("admin") && (
          <button type="button" class="main" onClick={() => setOpen({ kind: "create" })}>
            New webhook
          </button>
        )}
      </div>
      <Listing resource={webhooks} what="webhooks" none={<None />}>
        {(items) => <Table webhooks={items} open={setOpen} />}
      </Listing>
      {open?.kind === "create" && <CreateWebhook onClose={close} onMade={made} />}
      {open?.kind === "secret" && <SecretOfWebhook webhook={open.webhook} onClose={close} />}
      {open?.kind === "test" && <TestWebhook webhook={open.webhook} onClose={close} />}
      {open?.kind === "delete" && <DeleteWebhook webhook={open.webhook} onClose={close} onDeleted={deleted} />}
    </>
  );
}

function None() {
  return (
    <Empty title="There is no webhook yet.">
      <p>
        Alert rules can send messages to a channel of Slack or Microsoft Teams, or as signed JSON to your own program.
      </p>
      {!may("admin") && <p class="quiet">A token with the scope admin can create one.</p>}
    </Empty>
  );
}

function Table({ webhooks, open }: { webhooks: Webhook[]; open: (what: Open) => void }) {
  return (
    <Rows
      label="Webhooks"
      rows={webhooks}
      id={(one) => one.uuid}
      columns={[
        { head: "Name", form: "name", cell: (one) => <Text value={one.name} /> },
        { head: "Form", cell: (one) => PROVIDERS[one.provider] },
        { head: "Receiver", cell: (one) => <code>{masked(one.url)}</code> },
        { head: "Created", cell: (one) => <Time at={one.created_at} /> },
        may("admin") && { head: "Actions", form: "actions", cell: (one) => <Actions webhook={one} open={open} /> },
      ]}
    />
  );
}

function Actions({ webhook, open }: { webhook: Webhook; open: (what: Open) => void }) {
  return (
    <>
      <button
        type="button"
        class="small"
        aria-label={`Test ${webhook.name}`}
        onClick={() => open({ kind: "test", webhook })}
      >
        Test
      </button>
      <button
        type="button"
        class="small"
        aria-label={`Delete ${webhook.name}`}
        onClick={() => open({ kind: "delete", webhook })}
      >
        Delete
      </button>
    </>
  );
}

/** Return the scheme and the host of a URL: the rest of it is a secret. */
function masked(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^/?#]*).*$/i, "$1/***");
}
