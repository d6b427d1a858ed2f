/**
 * The pages: their addresses, their entries in the navigation, and what they take over from the page before.
 *
 * A page of a model is one line of `ROUTES`: `ofModel(part, title, key, takes, load)`. Its address is
 * `/models/<id>/<part>`, and `/models/<id>/<part>/<item>` is the same page with `item`. The component gets
 * `ModelPageProps`. `takes` names the parameters of the address that the page understands: the frame shows a control for
 * each, and links keep them. `/jobs` is a line `page(...)`; its component gets `PageProps`.
 */

import type { ComponentType } from "preact";
import type { Schemas } from "../api/client";
import { link, place, type Query } from "./location";

export type Model = Schemas["Model"];
export type Parameter = "range" | "env" | "segment" | "f" | "compare";

export interface PageProps {
  /** The part of the path after the page's own, decoded; null without one. */
  item: string | null;
}

export interface ModelPageProps extends PageProps {
  model: Model;
}

interface Common {
  path: RegExp;
  /** The page's own path, with `:id` in place of the model's id. */
  base: string;
  title: string;
  /** The key that opens it after `g`. */
  key: string;
  takes: Parameter[];
  isAdmin: boolean;
}

export type Route = Common &
  (
    | { isOfModel: false; load: () => Promise<ComponentType<PageProps>> }
    | { isOfModel: true; load: () => Promise<ComponentType<ModelPageProps>> }
  );

const NAMES: Record<Parameter, string[]> = {
  range: ["from", "to"],
  env: ["env"],
  segment: ["segment"],
  f: ["f"],
  compare: ["compare"],
};
/** What belongs to one model, and means nothing for another. */
const OF_MODEL = ["env", "segment", "f", "compare"];

/** In the order of the navigation. Each page is in a file of its own that is loaded when the page is opened. */
export const ROUTES: Route[] = [
  page("/", "Models", "m", async () => (await import("../pages/models")).Models),
  ofModel("", "Overview", "o", ["range", "env", "segment"], async () => (await import("../pages/overview")).Overview),
  ofModel("ingestion", "Ingestion", "n", [], async () => (await import("../pages/ingestion")).ModelIngestion),
  ofModel("events", "Events", "e", ["range", "env", "f"], async () => (await import("../pages/events")).Events),
  ofModel(
    "integrity",
    "Integrity",
    "i",
    ["range", "env", "segment", "compare"],
    async () => (await import("../pages/integrity")).Integrity,
  ),
  ofModel(
    "traffic",
    "Traffic",
    "r",
    ["range", "env", "segment", "compare"],
    async () => (await import("../pages/traffic")).Traffic,
  ),
  ofModel("drift", "Drift", "d", ["range", "env", "segment"], async () => (await import("../pages/drift")).DriftPage),
  ofModel(
    "performance",
    "Performance",
    "p",
    ["range", "env", "segment"],
    async () => (await import("../pages/performance")).PerformancePage,
  ),
  ofModel("alerts", "Alerts", "a", [], async () => (await import("../pages/alerts")).AlertsPage),
  ofModel("rules", "Alert rules", "u", [], async () => (await import("../pages/rules")).RulesPage),
  ofModel(
    "segments",
    "Segments",
    "g",
    ["range", "env"],
    async () => (await import("../pages/definitions")).SegmentsPage,
  ),
  ofModel(
    "metrics",
    "Custom metrics",
    "c",
    ["range", "env"],
    async () => (await import("../pages/definitions")).MetricsPage,
  ),
  ofModel("baselines", "Baselines", "b", [], async () => (await import("../pages/baselines")).BaselinesPage),
  ofModel("schema", "Model", "k", [], async () => (await import("../pages/schema")).SchemaPage),
  page("/ingestion", "All ingestion", "l", async () => (await import("../pages/ingestion")).AllIngestion),
  page("/jobs", "Jobs", "j", async () => (await import("../pages/jobs")).Jobs),
  page("/first-event", "First event", "f", async () => (await import("../pages/first-event")).FirstEventPage),
  page("/webhooks", "Webhooks", "w", async () => (await import("../pages/webhooks")).WebhooksPage),
  page("/deliveries", "Messages", "v", async () => (await import("../pages/deliveries")).DeliveriesPage, true),
  page("/tokens", "Tokens", "t", async () => (await import("../pages/tokens")).Tokens, true),
  page("/settings", "Settings", "s", async () => (await import("../pages/settings")).SettingsPage, true),
];

/** Return the page at a path, with the model's id and the item that the path names. */
export function routeAt(path: string): { route: Route; id: string; item: string | null } | null {
  for (const route of ROUTES) {
    const found = route.path.exec(path);
    if (found) return { route, id: decoded(found.groups?.id) ?? "", item: decoded(found.groups?.item) };
  }
  return null;
}

/** Return the link to a page, with what it takes of the present address. `query` comes on top; null removes. */
export function linkTo(path: string, query: Query = {}): string {
  const target = routeAt(path);
  const isSameModel = target?.route.isOfModel && target.id === routeAt(place.value.path)?.id;
  const names = (target?.route.takes ?? []).flatMap((one) => NAMES[one]);
  const kept = names.filter((name) => isSameModel || !OF_MODEL.includes(name));
  const now = place.value.query;
  return link(path, { ...Object.fromEntries(kept.map((name) => [name, now.getAll(name)])), ...query });
}

/** Return the link to a page of a model, such as `linkToPage(id, "integrity", "distance")`. */
export function linkToPage(modelId: string, part: string, item: string | null = null, query: Query = {}): string {
  const end = [part, item].filter((one) => one).map((one) => `/${encodeURIComponent(one ?? "")}`);
  return linkTo(`/models/${modelId}${end.join("")}`, query);
}

/** Return whether there is such a page of a model. */
export function hasPage(part: string): boolean {
  return ROUTES.some((route) => route.base === `/models/:id/${part}`);
}

function page(
  base: string,
  title: string,
  key: string,
  load: () => Promise<ComponentType<PageProps>>,
  isAdmin = false,
): Route {
  const path = base === "/" ? /^\/$/ : new RegExp(`^${base}(?:/(?<item>[^/]+))?$`);
  return { path, base, title, key, takes: [], isAdmin, isOfModel: false, load };
}

function ofModel(
  part: string,
  title: string,
  key: string,
  takes: Parameter[],
  load: () => Promise<ComponentType<ModelPageProps>>,
): Route {
  const path = new RegExp(`^/models/(?<id>[^/]+)${part && `/${part}(?:/(?<item>[^/]+))?`}$`);
  const base = `/models/:id${part && `/${part}`}`;
  return { path, base, title, key, takes, isAdmin: false, isOfModel: true, load };
}

function decoded(text: string | undefined): string | null {
  if (text === undefined) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
