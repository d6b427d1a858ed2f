/** What the server runs with: settings, limits, versions, sizes. Read-only. */

import type { ComponentChildren } from "preact";
import { api, body, type Schemas } from "../api/client";
import { useResource } from "../api/resource";
import { count, Size } from "../ui/number";
import { Search } from "../ui/search";
import { Empty, Loaded } from "../ui/states";
import { TableBox } from "../ui/table-box";
import { Time } from "../ui/time";
import { change, place } from "../url/location";

type Settings = Schemas["ServerSettings"];
type Setting = Schemas["ServerSetting"];

export function SettingsPage() {
  const settings = useResource("settings", async (signal) => (await body(api.GET("/v3/settings", { signal }))).data);
  return (
    <>
      <div class="page-head">
        <h1>Settings</h1>
        <Search label="Search settings" />
        <OnlyChanged />
      </div>
      <Loaded resource={settings}>{(found) => <Sections of={found} />}</Loaded>
    </>
  );
}

function OnlyChanged() {
  const isOn = place.value.query.has("changed");
  return (
    <label class="check">
      <input type="checkbox" checked={isOn} onChange={() => change({ changed: isOn ? null : "1" })} />
      Changed only
    </label>
  );
}

function Sections({ of }: { of: Settings }) {
  return (
    <>
      <SettingTable settings={of.settings} />
      <p class="quiet">
        A flag of <code>inference-events serve</code> or a variable sets each of them, at the next start.
      </p>
      <div class="columns">
        <Section title="Limits that are no settings">
          {of.limits.map((limit) => (
            <Row key={limit.name} name={label(limit.description)}>
              {count(limit.value)}
            </Row>
          ))}
        </Section>
        <Section title="Disk">
          {of.sizes.map((one) => (
            <Row key={one.name} name={label(one.description)}>
              <Size bytes={one.bytes} />
            </Row>
          ))}
        </Section>
        <Section title="Versions">
          {of.versions.map((one) => (
            <Row key={one.name} name={one.name}>
              {one.version}
            </Row>
          ))}
          <Row name="Running since">
            <Time at={of.started_at} />
          </Row>
        </Section>
      </div>
    </>
  );
}

/** Return a description without the stop at its end. */
function label(description: string): string {
  return description.replace(/\.$/, "");
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section>
      <h2>{title}</h2>
      <table>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <tr>
      <th scope="row" class="wrap">
        {name}
      </th>
      <td class="number">{children}</td>
    </tr>
  );
}

function SettingTable({ settings }: { settings: Setting[] }) {
  const { query } = place.value;
  const search = (query.get("search") ?? "").toLowerCase();
  const shown = settings.filter(
    (one) =>
      (!query.has("changed") || !one.is_default) && `${one.name} ${one.description}`.toLowerCase().includes(search),
  );
  if (shown.length === 0) {
    return (
      <Empty title={query.has("changed") && !search ? "Every setting has its default." : "No setting matches."}>
        <button type="button" onClick={() => change({ search: null, changed: null })}>
          Show all settings
        </button>
      </Empty>
    );
  }
  return (
    <TableBox label="Settings">
      <table>
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">Value</th>
            <th scope="col">Default</th>
            <th scope="col">What it does</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((one) => (
            <tr key={one.name} class={one.is_default ? "" : "changed"}>
              <th scope="row" title={one.variable}>
                <code>{one.name}</code>
              </th>
              <td class="value">
                <Value of={one} />
              </td>
              <td class="value quiet">{one.is_secret ? "" : (one.default ?? "none")}</td>
              <td class="wrap">{one.description}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Value({ of }: { of: Setting }) {
  if (of.is_secret) return <span class="quiet">{of.is_default ? "not set" : "set, never shown"}</span>;
  if (of.is_default) return <>{of.value ?? "none"}</>;
  return (
    <>
      <strong>{of.value ?? "none"}</strong> <span class="tag">changed</span>
    </>
  );
}
