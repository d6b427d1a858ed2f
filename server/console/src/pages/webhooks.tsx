/** Webhooks: the receivers of messages about alerts. Their URLs are secrets, so they are masked. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { may } from "../api/session";
import { Pager } from "../ui/pager";
import { Search } from "../ui/search";
import { Empty, Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { change, place } from "../url/location";
import { linkTo } from "../url/routes";
import { CreateWebhook, DeleteWebhook, SecretOfWebhook, TestWebhook } from "./webhook-dialogs";
import "./monitoring.css";

const LIMIT = 50;

type Webhook = Schemas["Webhook"];
type Open = { kind: "create" } | { kind: "delete" | "test" | "secret"; webhook: Webhook };

export const PROVIDERS: Record<Webhook["provider"], string> = {
  SLACK: "Slack",
  MS_TEAMS: "Microsoft Teams",
  OTHER: "Signed JSON",
};

export function WebhooksPage() {
  const [open, setOpen] = useState<Open | null>(null);
  const search = place.value.query.get("search") ?? "";
  const offset = Math.max(0, Number.parseInt(place.value.query.get("offset") ?? "0", 10) || 0);
  const webhooks = useResource(JSON.stringify([search, offset]), async (signal) => {
    const all = { limit: LIMIT, offset };
    const params = { query: search ? { ...all, search } : all };
    return (await body(api.GET("/v2/webhooks", { params, signal }))).data;
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
      <Loaded resource={webhooks}>
        {(page) => (
          <>
            {page.items.length ? <Table webhooks={page.items} open={setOpen} /> : <None search={search} />}
            <Pager offset={offset} shown={page.items.length} total={page.total} limit={LIMIT} what="webhooks" />
          </>
        )}
      </Loaded>
      {open?.kind === "create" && <CreateWebhook onClose={close} onMade={made} />}
      {open?.kind === "secret" && <SecretOfWebhook webhook={open.webhook} onClose={close} />}
      {open?.kind === "test" && <TestWebhook webhook={open.webhook} onClose={close} />}
      {open?.kind === "delete" && <DeleteWebhook webhook={open.webhook} onClose={close} onDeleted={deleted} />}
    </>
  );
}

function None({ search }: { search: string }) {
  if (search) {
    return (
      <Empty title={`No webhook has “${search}” in its name.`}>
        <button type="button" onClick={() => change({ search: null, offset: null })}>
          Show all webhooks
        </button>
      </Empty>
    );
  }
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
    <TableBox label="Webhooks">
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Form</th>
            <th scope="col">Receiver</th>
            <th scope="col">Created</th>
            <th scope="col">
              <span class="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {webhooks.map((webhook) => (
            <tr key={webhook.uuid}>
              <th scope="row">
                <Text value={webhook.name} />
              </th>
              <td>{PROVIDERS[webhook.provider]}</td>
              <td>
                <code>{masked(webhook.url)}</code>
              </td>
              <td>
                <Time at={webhook.created_at} />
              </td>
              <td class="actions">{may("admin") && <Actions webhook={webhook} open={open} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
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
