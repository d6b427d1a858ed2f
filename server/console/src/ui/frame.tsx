/** The frame around all pages: navigation, time zone, theme, session. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ROOT } from "../api/client";
import { logOut, may, session } from "../api/session";
import { change, link, place } from "../url/location";
import { useAction } from "./action";
import { Copy } from "./copy";
import { Dialog } from "./dialog";
import { Logo } from "./logo";
import { brokenZone, chooseZone, hasShortcuts, type Theme, theme, ZONES, zone } from "./preferences";
import { PAGES, useShortcuts } from "./shortcuts";
import { Failure } from "./states";

const isHelpOpen = signal(false);
const isAdminPage: Record<string, boolean> = { "/tokens": true, "/settings": true };

const openHelp = () => {
  isHelpOpen.value = true;
};

export function Frame({ children }: { children: ComponentChildren }) {
  useShortcuts(openHelp);
  return (
    <>
      <button type="button" class="skip" onClick={focusPage}>
        Skip to the page
      </button>
      <header class="top">
        <a class="brand" href={link("/")} aria-label="Inference Events">
          <Logo /> <span class="brand-name">Inference Events</span>
        </a>
        <span class="spacer" />
        <ZoneChoice />
        <ThemeChoice />
        <button
          type="button"
          class="plain"
          aria-label="Help and shortcuts"
          title="Help and shortcuts"
          onClick={openHelp}
        >
          ?
        </button>
        <SessionMenu />
      </header>
      <nav class="side" aria-label="Pages">
        {Object.values(PAGES).map(({ path, name }) =>
          isAdminPage[path] && !may("admin") ? null : <NavLink path={path} name={name} />,
        )}
        <a href={new URL("docs", ROOT).href}>API docs</a>
      </nav>
      <Main>{children}</Main>
      {isHelpOpen.value && <Help />}
    </>
  );
}

function focusPage() {
  document.querySelector<HTMLElement>("main")?.focus();
}

function NavLink({ path, name }: { path: string; name: string }) {
  const now = place.value.path;
  const isCurrent = path === "/" ? now === "/" || now.startsWith("/models/") : now === path;
  return (
    <a href={link(path)} aria-current={isCurrent ? "page" : undefined}>
      {name}
    </a>
  );
}

function Main({ children }: { children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  const { path } = place.value;
  const last = useRef(path);
  // A screen reader starts to read at the top of the new page.
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    main.current?.focus();
    scrollTo(0, 0);
  }, [path]);
  return (
    <main ref={main} tabIndex={-1}>
      {brokenZone.value !== null && (
        <p class="notice" role="status">
          The link names the time zone <code>{brokenZone.value}</code>, which does not exist. Times are in {zone.value}.
        </p>
      )}
      {children}
    </main>
  );
}

function ZoneChoice() {
  const choose = (name: string) => {
    chooseZone(name);
    if (place.value.query.has("tz")) change({ tz: name });
  };
  return (
    <select
      class="choice"
      aria-label="Time zone"
      title="Time zone of all times"
      value={zone.value}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      {(ZONES.includes(zone.value) ? ZONES : [zone.value, ...ZONES]).map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function ThemeChoice() {
  return (
    <select
      class="choice"
      aria-label="Theme"
      title="Theme"
      value={theme.value}
      onChange={(event) => {
        theme.value = event.currentTarget.value as Theme;
      }}
    >
      <option value="auto">Auto</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}

function SessionMenu() {
  const { isRunning, error, run } = useAction();
  const who = session.value;
  if (!who) return null;
  return (
    <>
      <span class="who" title={`Logged in with the token ${who.token_name}: ${who.scopes.join(", ")}`}>
        {who.token_name}
      </span>
      <button type="button" class="small" disabled={isRunning} onClick={() => run(logOut)}>
        Log out
      </button>
      {error && <Failure error={error} />}
    </>
  );
}

function Help() {
  const close = () => {
    isHelpOpen.value = false;
  };
  return (
    <Dialog title="Help" onClose={close}>
      <p>A link shows the same to everyone: search, order and page are part of the address.</p>
      <CopyLink />
      <h3>Shortcuts</h3>
      <dl class="keys">
        {Object.entries(PAGES).map(([key, page]) => (
          <div key={key}>
            <dt>
              <kbd>g</kbd> <kbd>{key}</kbd>
            </dt>
            <dd>{page.name}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>/</kbd>
          </dt>
          <dd>Search</dd>
        </div>
        <div>
          <dt>
            <kbd>j</kbd> <kbd>k</kbd>
          </dt>
          <dd>Next and previous row</dd>
        </div>
        <div>
          <dt>
            <kbd>?</kbd>
          </dt>
          <dd>This help</dd>
        </div>
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={hasShortcuts.value}
          onChange={(event) => {
            hasShortcuts.value = event.currentTarget.checked;
          }}
        />
        Use shortcuts of single keys
      </label>
      <p class="quiet">
        <a href="./licenses.txt">Licences</a> of the packages in this console
      </p>
    </Dialog>
  );
}

function CopyLink() {
  const query = new URLSearchParams(place.value.query);
  query.set("tz", zone.value);
  const url = new URL(document.baseURI);
  url.hash = `${place.value.path}?${query}`;
  return (
    <p>
      <Copy text={url.href} what="link to this page" label="Copy link" />
    </p>
  );
}
