/** The client of this server's API, typed by its contract. */

import createClient from "openapi-fetch";
import type { components, paths } from "#schema";
import { parseExact } from "./exact";
import { waitForLogin } from "./login";

export type Schemas = components["schemas"];

/** The root of the server: the console is one level below it, behind any prefix. */
export const ROOT = new URL("..", document.baseURI);

/** What is wrong with a request, at a JSON pointer into it; an empty one means the whole. */
export interface Fault {
  pointer: string;
  message: string;
}

/** A request that failed: the message of the server, its status (0 without a response) and the request's id. */
export class RequestFailed extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly requestId: string | null,
    readonly retryAfter: number | null,
    readonly faults: Fault[] = [],
  ) {
    super(message);
  }
}

const MAX_FIGURES = 2;
let figures = 0;
const queue: (() => void)[] = [];

/** Send a request. Figures are asked for two at a time, which is what the server computes at once. */
async function send(request: Request): Promise<Response> {
  if (request.method !== "POST" || !request.url.includes("/v3/monitoring/")) return sendNow(request);
  if (figures >= MAX_FIGURES) await new Promise<void>((resolve) => queue.push(resolve));
  else figures++;
  try {
    request.signal.throwIfAborted();
    return await sendNow(request);
  } finally {
    const next = queue.shift();
    if (next) next();
    else figures--;
  }
}

async function sendNow(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await reach(request);
  const isLogin = request.url.endsWith("/v3/session") && request.method === "POST";
  if (response.status !== 401 || isLogin) return exact(response);
  // The page keeps its state under the login, and the request is tried once more.
  await waitForLogin(request.signal);
  return exact(await reach(again));
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new RequestFailed("The server cannot be reached", 0, null, null);
  }
}

function exact(response: Response): Response {
  // The length is unknown to the client, which then reads text.
  response.json = async () => parseExact(await response.text());
  return response;
}

export const api = createClient<paths>({
  baseUrl: ROOT.href,
  headers: { "X-Console": "1" },
  fetch: send,
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Return the body of an answer. Throws RequestFailed. */
export async function body<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (response.ok && data !== undefined) return data;
  const wait = Number(response.headers.get("Retry-After") ?? Number.NaN);
  throw new RequestFailed(
    messageOf(error) ?? `The server responded with ${response.status}`,
    response.status,
    response.headers.get("X-Request-ID"),
    Number.isFinite(wait) ? wait : null,
    faultsOf(error),
  );
}

function faultsOf(error: unknown): Fault[] {
  const envelope = error as { error?: { errors?: { message?: unknown }[] } } | undefined;
  return (envelope?.error?.errors ?? []).map(({ message }) => {
    const [, pointer = "", text = ""] = /^(\/\S*): (.*)$/s.exec(String(message)) ?? [];
    return pointer ? { pointer, message: text } : { pointer, message: String(message) };
  });
}

function messageOf(error: unknown): string | null {
  const envelope = error as { error?: { message?: unknown } } | undefined;
  const message = envelope?.error?.message;
  return typeof message === "string" ? message : null;
}
