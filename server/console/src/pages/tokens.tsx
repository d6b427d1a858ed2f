/** Tokens: who has access to what. A secret is shown once, when it is made. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { may, session } from "../api/session";
import { Pager } from "../ui/pager";
import { Search } from "../ui/search";
import { ordering, SortHead } from "../ui/sorting";
import { Empty, Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { Text } from "../ui/text";
import { Time } from "../ui/time";
import { change, place } from "../url/location";
import { CreateToken, RevokeToken, RotateToken, ShownOnce } from "./token-dialogs";

const LIMIT = 50;
const USUAL = "-created_at";

type Token = Schemas["Token"];
type Open =
  | { kind: "create" }
  | { kind: "revoke" | "rotate"; token: Token }
  | { kind: "secret"; made: Schemas["TokenSecret"] };

export function Tokens() {
  const [open, setOpen] = useState<Open | null>(null);
  const { query } = place.value;
  const search = query.get("search") ?? "";
  const offset = Math.max(0, Number.parseInt(query.get("offset") ?? "0", 10) || 0);
  const order = ordering(USUAL);
  const tokens = useResource(JSON.stringify([search, offset, order]), async (signal) => {
    const all = { limit: LIMIT, offset, ordering: order };
    const params = { query: search ? { ...all, search } : all };
    return (await body(api.GET("/v3/tokens", { params, signal }))).data;
  });
  const close = () => setOpen(null);
  const show = (made: Schemas["TokenSecret"]) => {
    setOpen({ kind: "secret", made });
    tokens.reload();
  };
  const revoked = () => {
    close();
    tokens.reload();
  };
  return (
    <>
      <div class="page-head">
        <h1>Tokens</h1>
        <Search label="Search tokens by name" />
        <span class="spacer" />
        {may("admin") && (
          <button type="button" class="main" onClick={() => setOpen({ kind: "create" })}>
            Create a token
          </button>
        )}
      </div>
      <Loaded resource={tokens}>
        {(page) => (
          <>
            {page.items.length ? (
              <Table tokens={page.items} open={setOpen} />
            ) : (
              <Empty title={search ? `No token has “${search}” in its name.` : "There is no token on this page."}>
                <button type="button" onClick={() => change({ search: null, offset: null })}>
                  Show all tokens
                </button>
              </Empty>
            )}
            <Pager offset={offset} shown={page.items.length} total={page.total} limit={LIMIT} what="tokens" />
          </>
        )}
      </Loaded>
      {open?.kind === "create" && <CreateToken onClose={close} onMade={show} />}
      {open?.kind === "rotate" && <RotateToken token={open.token} onClose={close} onMade={show} />}
      {open?.kind === "revoke" && <RevokeToken token={open.token} onClose={close} onRevoked={revoked} />}
      {open?.kind === "secret" && <ShownOnce made={open.made} onClose={close} />}
    </>
  );
}

function Table({ tokens, open }: { tokens: Token[]; open: (what: Open) => void }) {
  return (
    <TableBox label="Tokens">
      <table>
        <thead>
          <tr>
            <SortHead field="name" label="Token" usual={USUAL} />
            <th scope="col">Scopes</th>
            <th scope="col">Projects</th>
            <SortHead field="created_at" label="Created" usual={USUAL} />
            <th scope="col">Last used</th>
            <SortHead field="expires_at" label="Expires" usual={USUAL} />
            <th scope="col">
              <span class="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <th scope="row">
                <Text value={token.name} />{" "}
                {token.id === session.value?.token_id && <span class="tag">this session</span>}
              </th>
              <td>{token.scopes.join(", ")}</td>
              <td>{token.project_ids ? `${token.project_ids.length} only` : "all"}</td>
              <td>
                <Time at={token.created_at} />
              </td>
              <td>
                <Time at={token.last_used_at} none="never" />
              </td>
              <td>
                <Time at={token.expires_at} none="never" />
              </td>
              <td class="actions">
                <button
                  type="button"
                  class="small"
                  aria-label={`Rotate ${token.name}`}
                  onClick={() => open({ kind: "rotate", token })}
                >
                  Rotate
                </button>
                <button
                  type="button"
                  class="small"
                  aria-label={`Revoke ${token.name}`}
                  onClick={() => open({ kind: "revoke", token })}
                >
                  Revoke
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
