/** The dialogs that make, replace and revoke a token. */

import { useState } from "preact/hooks";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { type Scope, session } from "../api/session";
import { useAction } from "../ui/action";
import { Copy } from "../ui/copy";
import { Dialog } from "../ui/dialog";
import { Form } from "../ui/form";
import { Loaded } from "../ui/states";
import { plain, Text } from "../ui/text";
import { Time } from "../ui/time";

type Token = Schemas["Token"];
type Made = (made: Schemas["TokenSecret"]) => void;

const SCOPES: Record<Scope, string> = {
  ingest: "publishes, updates and deletes events, and uploads files",
  manage: "creates, changes and deletes projects, models, baselines, segments, custom metrics and alert rules",
  read: "reads and downloads everything",
  admin: "may do all, and manages tokens and webhooks",
};

const DAYS: Record<string, string> = {
  "": "Never",
  "7": "In 7 days",
  "30": "In 30 days",
  "90": "In 90 days",
  "365": "In a year",
};

export function CreateToken({ onClose, onMade }: { onClose: () => void; onMade: Made }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["read"]);
  const [days, setDays] = useState("");
  const [projects, setProjects] = useState<string[]>([]);
  const action = useAction();
  const create = async () => {
    const token = {
      name,
      scopes,
      project_ids: projects.length ? projects : null,
      expires_at: days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : null,
    };
    onMade((await body(api.POST("/v3/tokens", { body: token }))).data);
  };
  const toggle = (scope: Scope) =>
    setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope]);
  return (
    <Dialog title="Create a token" onClose={onClose}>
      <Form action={action} submit={create} label="Create" onCancel={onClose} isReady={scopes.length > 0}>
        <label>
          Name
          <input
            required
            maxLength={255}
            autofocus
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <fieldset>
          <legend>Scopes</legend>
          {(Object.keys(SCOPES) as Scope[]).map((scope) => (
            <label key={scope} class="check">
              <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
              <span>
                <strong>{scope}</strong> {SCOPES[scope]}
              </span>
            </label>
          ))}
        </fieldset>
        <label>
          Expires
          <select value={days} onChange={(event) => setDays(event.currentTarget.value)}>
            {Object.entries(DAYS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <ProjectChoice chosen={projects} choose={setProjects} />
      </Form>
    </Dialog>
  );
}

interface ProjectChoiceProps {
  chosen: string[];
  choose: (ids: string[]) => void;
}

/** Choose the projects that a token is limited to; none means all. */
function ProjectChoice({ chosen, choose }: ProjectChoiceProps) {
  const projects = useResource("projects", async (signal) => {
    const query = { limit: 1000, ordering: "name" };
    return (await body(api.GET("/v3/projects", { params: { query }, signal }))).data.items;
  });
  const toggle = (id: string) => choose(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <details>
      <summary>
        <strong>Projects</strong> {chosen.length ? `${chosen.length} only` : "all"}
      </summary>
      <Loaded resource={projects}>
        {(found) => (
          <fieldset class="choices">
            <legend class="hidden">Limit it to these projects</legend>
            {found.length === 0 && <p class="quiet">There is no project yet.</p>}
            {found.map((project) => (
              <label key={project.id} class="check">
                <input type="checkbox" checked={chosen.includes(project.id)} onChange={() => toggle(project.id)} />
                <Text value={project.name} />
              </label>
            ))}
          </fieldset>
        )}
      </Loaded>
    </details>
  );
}

export function RotateToken({ token, onClose, onMade }: { token: Token; onClose: () => void; onMade: Made }) {
  const [hours, setHours] = useState("24");
  const action = useAction();
  const path = { token_id: token.id };
  const rotate = async () => {
    const change = { overlap_seconds: Number(hours) * 3600 };
    onMade((await body(api.POST("/v3/tokens/{token_id}/rotate", { params: { path }, body: change }))).data);
  };
  return (
    <Dialog title={`Rotate ${plain(token.name)}`} onClose={onClose}>
      <Form action={action} submit={rotate} label="Rotate" onCancel={onClose}>
        <p>A new token gets the name, scopes, projects and expiry of this one.</p>
        <label>
          The old token stays valid for
          <select value={hours} autofocus onChange={(event) => setHours(event.currentTarget.value)}>
            <option value="0">no longer</option>
            <option value="1">1 hour</option>
            <option value="24">1 day</option>
            <option value="168">7 days</option>
          </select>
        </label>
      </Form>
    </Dialog>
  );
}

export function RevokeToken({
  token,
  onClose,
  onRevoked,
}: {
  token: Token;
  onClose: () => void;
  onRevoked: () => void;
}) {
  const action = useAction();
  const path = { token_id: token.id };
  const revoke = async () => {
    await body(api.DELETE("/v3/tokens/{token_id}", { params: { path } }));
    onRevoked();
  };
  return (
    <Dialog title={`Revoke ${plain(token.name)}?`} onClose={onClose}>
      <Form action={action} submit={revoke} label="Revoke" onCancel={onClose} isDangerous>
        <p>
          Programs with this token stop working at once. Its scopes: {token.scopes.join(", ")}. Last used:{" "}
          <Time at={token.last_used_at} none="never" />.
        </p>
        {token.id === session.value?.token_id && (
          <p class="strong">This session belongs to it, so you will be logged out.</p>
        )}
      </Form>
    </Dialog>
  );
}

export function ShownOnce({ made, onClose }: { made: Schemas["TokenSecret"]; onClose: () => void }) {
  return (
    <Dialog title="Copy the token now" onClose={onClose}>
      <p>
        The token <Text value={made.name} /> is shown only once: the server keeps only its hash.
      </p>
      <p class="secret-line">
        <code class="secret">{made.token}</code>
        <Copy text={made.token} what="token" />
      </p>
      <footer class="dialog-foot">
        <button type="button" class="main" onClick={onClose}>
          Done
        </button>
      </footer>
    </Dialog>
  );
}
