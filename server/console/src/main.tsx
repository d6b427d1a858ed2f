/** The console: it finds out who is logged in, and shows the page of the address. */

import { effect } from "@preact/signals";
import { type ComponentType, render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { RequestFailed } from "./api/client";
import { isLoginNeeded } from "./api/login";
import { findSession, session } from "./api/session";
import { LoginForm, LoginPage } from "./pages/login";
import { Dialog } from "./ui/dialog";
import { Frame } from "./ui/frame";
import { Empty, Failure } from "./ui/states";
import { go, link, place } from "./url/location";
import "./theme.css";

type Parameters = { id: string };
type Load = () => Promise<ComponentType<Parameters>>;

interface Route {
  path: RegExp;
  title: string;
  load: Load;
}

/** The pages, each in a file of its own that is loaded when the page is opened. */
const ROUTES: Route[] = [
  { path: /^\/$/, title: "Models", load: async () => (await import("./pages/models")).Models },
  { path: /^\/models\/([^/]+)$/, title: "Model", load: async () => (await import("./pages/model")).ModelPage },
  {
    path: /^\/first-event$/,
    title: "First event",
    load: async () => (await import("./pages/first-event")).FirstEventPage,
  },
  { path: /^\/tokens$/, title: "Tokens", load: async () => (await import("./pages/tokens")).Tokens },
  { path: /^\/settings$/, title: "Settings", load: async () => (await import("./pages/settings")).SettingsPage },
];

function App() {
  const [failure, setFailure] = useState<RequestFailed | null>(null);
  const { path, query } = place.value;
  const code = path === "/login" ? query.get("code") : null;
  const [linked] = useState(code);
  useEffect(() => {
    // A code works once, and a history is read by others.
    if (code !== null) history.replaceState(null, "", "#/login");
    if (code !== null) session.value = null;
    else findSession().catch((error) => setFailure(asFailure(error)));
  }, []);
  useEffect(() => {
    if (session.value && place.value.path === "/login") go(link("/"));
  }, [session.value]);
  if (failure) return <Failure error={failure} retry={() => location.reload()} />;
  return (
    <>
      {session.value && (
        <Frame>
          <Page />
        </Frame>
      )}
      {session.value === null && <LoginPage code={linked} />}
      {isLoginNeeded.value && session.value !== null && (
        <Dialog title="Log in again">
          <p>The session has ended. The page stays as it is.</p>
          <LoginForm />
        </Dialog>
      )}
    </>
  );
}

function Page() {
  const { path } = place.value;
  const route = ROUTES.find((one) => one.path.test(path));
  const id = decodeURIComponent(route?.path.exec(path)?.[1] ?? "");
  const [shown, setShown] = useState<{ route: Route; Content: ComponentType<Parameters> } | null>(null);
  useEffect(() => {
    document.title = `${route?.title ?? "Not found"} · Inference Events`;
    let isCurrent = true;
    route?.load().then((Content) => isCurrent && setShown({ route, Content }));
    return () => {
      isCurrent = false;
    };
  }, [route]);
  if (!route) {
    return (
      <Empty title="There is no page at this address.">
        <a href={link("/")}>All models</a>
      </Empty>
    );
  }
  return shown?.route === route ? <shown.Content key={path} id={id} /> : null;
}

function asFailure(error: unknown): RequestFailed {
  return error instanceof RequestFailed ? error : new RequestFailed(String(error), 0, null, null);
}

// Who logs out leaves nothing behind for the next one.
effect(() => {
  if (session.value === null) document.title = "Log in · Inference Events";
});

const app = document.getElementById("app");
if (app) render(<App />, app);
