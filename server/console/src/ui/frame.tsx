/** The frame around all pages: navigation, time zone, theme, session. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { ROOT } from "../api/client";
import { pulse } from "../api/pulse";
import { logOut, may, session } from "../api/session";
import { change, link, place } from "../url/location";
import { linkTo, ROUTES, type Route, routeAt } from "../url/routes";
import { useAction } from "./action";
import { Help } from "./help";
import { Logo } from "./logo";
import { openModel } from "./open-model";
import { brokenZone, chooseZone, type Theme, theme, ZONES, zone } from "./preferences";
import { useShortcuts } from "./shortcuts";
import { Failure } from "./states";
import { Text } from "./text";

const isHelpOpen = signal(false);

const openHelp = () => {
  isHelpOpen.value = true;
};

const closeHelp = () => {
  isHelpOpen.value = false;
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
        <OpenModel />
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
      <Navigation />
      <Main>{children}</Main>
      {isHelpOpen.value && <Help close={closeHelp} />}
    </>
  );
}

function focusPage() {
  document.querySelector<HTMLElement>("main")?.focus();
}

/** Project and model of the page, on every page of a model. */
function OpenModel() {
  const here = routeAt(place.value.path);
  const model = openModel.value;
  if (!here?.route.isOfModel || model?.id !== here.id) return null;
  return (
    <span class="open-model">
      <a href={link("/")}>Models</a>
      <span aria-hidden="true">/</span>
      <Text value={model.project.name} />
      <span aria-hidden="true">/</span>
      <a class="strong" href={linkTo(`/models/${model.id}`)}>
        <Text value={model.name} />
      </a>
      <Text value={model.version} />
    </span>
  );
}

function Navigation() {
  const here = routeAt(place.value.path);
  const mine = here?.route.isOfModel ? ROUTES.filter((route) => route.isOfModel) : [];
  const common = ROUTES.filter((route) => !route.isOfModel && (!route.isAdmin || may("admin")));
  return (
    <nav class="side" aria-label="Pages">
      {here && mine.length > 0 && (
        <div class="side-group">
          {mine.map((route) => (
            <NavLink key={route.base} path={route.base.replace(":id", here.id)} route={route} now={here.route} />
          ))}
        </div>
      )}
      <div class="side-group">
        {common.map((route) => (
          <NavLink key={route.base} path={route.base} route={route} now={here?.route} />
        ))}
        <a href={new URL("docs", ROOT).href}>API docs</a>
      </div>
    </nav>
  );
}

function NavLink({ path, route, now }: { path: string; route: Route; now: Route | undefined }) {
  const alerts = route.base.endsWith("/alerts") ? pulse.value?.open_alerts : undefined;
  const open = alerts ? alerts.warning + alerts.critical : 0;
  return (
    <a href={linkTo(path)} aria-current={route === now ? "page" : undefined}>
      {route.title}
      {open > 0 && (
        <span class={alerts?.critical ? "badge bad" : "badge"} title={`${open} open alerts`}>
          {open}
        </span>
      )}
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
