/** The console: it finds out who is logged in, and shows the page of the address. */

import { effect } from "@preact/signals";
import { type ComponentType, render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { RequestFailed } from "./api/client";
import { isLoginNeeded } from "./api/login";
import { findSession, session } from "./api/session";
import { LoginForm, LoginPage } from "./pages/login";
import { ModelFrame } from "./pages/model-frame";
import { Boundary } from "./ui/boundary";
import { Dialog } from "./ui/dialog";
import { Frame } from "./ui/frame";
import { openModel } from "./ui/open-model";
import { Empty, Failure } from "./ui/states";
import { plain } from "./ui/text";
import { go, link, place } from "./url/location";
import { type ModelPageProps, type PageProps, type Route, routeAt } from "./url/routes";
import "./theme.css";

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

type Content = ComponentType<PageProps> | ComponentType<ModelPageProps>;

function Page() {
  const { path } = place.value;
  const found = routeAt(path);
  const route = found?.route;
  const [shown, setShown] = useState<{ route: Route; Content: Content } | null>(null);
  useEffect(() => {
    let isCurrent = true;
    route?.load().then((Content) => isCurrent && setShown({ route, Content }));
    return () => {
      isCurrent = false;
    };
  }, [route]);
  const of = openModel.value ? ` · ${plain(openModel.value.name)}` : "";
  document.title = `${route?.title ?? "Not found"}${route?.isOfModel ? of : ""} · Inference Events`;
  if (!found || !route) {
    return (
      <Empty title="There is no page at this address.">
        <a href={link("/")}>All models</a>
      </Empty>
    );
  }
  const Content = shown?.route === route ? shown.Content : null;
  if (route.isOfModel) {
    const OfModel = Content as ComponentType<ModelPageProps> | null;
    return <ModelFrame key={found.id} id={found.id} route={route} item={found.item} Content={OfModel} />;
  }
  const Plain = Content as ComponentType<PageProps> | null;
  return (
    Plain && (
      <Boundary key={route.base}>
        <Plain item={found.item} />
      </Boundary>
    )
  );
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
