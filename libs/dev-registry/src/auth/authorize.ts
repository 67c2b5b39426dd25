import type { IncomingMessage } from "node:http";
import type { RegistryState } from "../exchange.ts";
import { type Reply, refuse } from "../reply.ts";
import type { Operation, Route } from "../route.ts";
import { type Action, type AuthOptions, findUser, mayDo, type Need, readBasic } from "./auth-options.ts";
import { readBearer } from "./token-desk.ts";

/** A request let in, or the refusal. */
export type Admission = { readonly refusal: Reply } | { readonly mayPull: (repository: string) => boolean };

const OPEN: readonly Operation[] = ["token", "blob-redirected", "unknown"];

/** Decides whether a request may go on. */
export function authorize(state: RegistryState, auth: AuthOptions, route: Route, request: IncomingMessage): Admission {
  if (auth.scheme === "none" || OPEN.includes(route.op)) return { mayPull: () => true };
  const need = needOf(route);
  return auth.scheme === "basic" ? admitBasic(state, auth, need, request) : admitBearer(state, auth, need, request);
}

/** The challenge that a request which needs this gets, with RFC 6750's error when it brought a token. */
export function challenge(state: RegistryState, auth: AuthOptions, route: Route, error?: "invalid_token" | "insufficient_scope"): Reply {
  return unauthorized(state, auth, needOf(route), error);
}

function admitBasic(
  state: RegistryState,
  auth: Extract<AuthOptions, { scheme: "basic" }>,
  need: Need,
  request: IncomingMessage,
): Admission {
  const header = request.headers.authorization;
  const user = findUser(auth.users, readBasic(header));
  const anonymousPull = auth.anonymousPull === true;
  if (user === undefined && (header !== undefined || need.on === "nothing" || !mayDo(undefined, anonymousPull, need))) {
    return { refusal: unauthorized(state, auth, need) };
  }
  if (!mayDo(user, anonymousPull, need)) return { refusal: refuse("DENIED") };
  return { mayPull: (repository) => mayDo(user, anonymousPull, { on: "repository", repository, actions: ["pull"] }) };
}

function admitBearer(
  state: RegistryState,
  auth: Extract<AuthOptions, { scheme: "bearer" }>,
  need: Need,
  request: IncomingMessage,
): Admission {
  const token = readBearer(request.headers.authorization);
  if (token === undefined) return { refusal: unauthorized(state, auth, need) };
  const grants = state.tokens.grants(token);
  if (grants === undefined) return { refusal: unauthorized(state, auth, need, "invalid_token") };
  const allows = (resource: string, actions: readonly string[]): boolean =>
    actions.every((action) => grants.get(resource)?.has(action) ?? false);
  const enough =
    need.on === "nothing" ||
    (need.on === "catalog" ? allows("registry:catalog", ["*"]) : allows(`repository:${need.repository}`, need.actions));
  if (!enough) return { refusal: unauthorized(state, auth, need, "insufficient_scope") };
  return { mayPull: (repository) => allows(`repository:${repository}`, ["pull"]) };
}

function unauthorized(state: RegistryState, auth: AuthOptions, need: Need, error?: string): Reply {
  if (auth.scheme !== "bearer") return refuse("UNAUTHORIZED", null, { headers: { "www-authenticate": 'Basic realm="dev-registry"' } });
  const parts = [`realm="${auth.realm ?? `${state.url}/token`}"`, `service="${new URL(state.url).host}"`];
  const scope = scopeOf(need);
  if (scope !== undefined) parts.push(`scope="${scope}"`);
  if (error !== undefined) parts.push(`error="${error}"`);
  return refuse("UNAUTHORIZED", null, { headers: { "www-authenticate": `Bearer ${parts.join(",")}` } });
}

function scopeOf(need: Need): string | undefined {
  if (need.on === "nothing") return undefined;
  return need.on === "catalog" ? "registry:catalog:*" : `repository:${need.repository}:${need.actions.join(",")}`;
}

function needOf({ op, repository }: Route): Need {
  if (op === "catalog") return { on: "catalog" };
  if (repository === "") return { on: "nothing" };
  return { on: "repository", repository, actions: actionsOf(op) };
}

function actionsOf(op: Operation): readonly Action[] {
  if (op === "blob-delete" || op === "manifest-delete") return ["delete"];
  const reads = op === "tags-list" || op === "referrers" || op.endsWith("-head") || op.endsWith("-get");
  return reads ? ["pull"] : ["pull", "push"];
}
