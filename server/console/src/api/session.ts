/** The session: who is logged in, and what that token may do. */

import { computed, signal } from "@preact/signals";
import { read, remove, write } from "../ui/stored";
import { api, body, type Schemas } from "./client";
import { finishLogin } from "./login";

export type Session = Schemas["Session"];
export type Scope = Schemas["TokenScope"];

/** The session; null if nobody is logged in, undefined until that is known. */
export const session = signal<Session | null | undefined>(undefined);

const isAdmin = computed(() => session.value?.scopes.includes("admin") ?? false);

/** Return whether the token has a scope, or `admin`. The server decides; this only hides what it would refuse. */
export function may(scope: Scope): boolean {
  return isAdmin.value || (session.value?.scopes.includes(scope) ?? false);
}

/** Find out who is logged in. A browser that never logged in does not ask. */
export async function findSession(): Promise<void> {
  session.value = read("session") ? (await body(api.GET("/v3/session"))).data : null;
}

/** Log in. Throws RequestFailed. */
export async function logIn(credential: Schemas["SessionCreate"]): Promise<void> {
  session.value = (await body(api.POST("/v3/session", { body: credential }))).data;
  write("session", "1");
  finishLogin();
}

/** Log out on the server, too. */
export async function logOut(): Promise<void> {
  await body(api.DELETE("/v3/session"));
  remove("session");
  session.value = null;
}
