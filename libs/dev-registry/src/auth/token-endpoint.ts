import type { Exchange, Outcome, RegistryState } from "../exchange.ts";
import { ABANDONED } from "../exchange.ts";
import { json, refuse } from "../reply.ts";
import { type Action, type AuthOptions, findUser, mayDo, type Need, type RegistryUser, readBasic } from "./auth-options.ts";
import type { Grants } from "./token-desk.ts";

type Bearer = Extract<AuthOptions, { scheme: "bearer" }>;

const FORM_LIMIT = 64 * 1024;

/**
 * The token endpoint of Docker's token authentication: GET with Basic, and the OAuth2 POST form with a password or a
 * refresh token. Rights that the user lacks are left out of the token without a word, as registries do.
 */
export function tokenEndpoint(auth: Bearer): (state: RegistryState, exchange: Exchange) => Promise<Outcome> {
  return async (state, exchange) => {
    const form = exchange.request.method === "POST" ? await readForm(exchange) : exchange.route.query;
    if (form === ABANDONED) return ABANDONED;
    const given = exchange.request.method === "POST" ? fromForm(state, auth, form) : fromHeader(auth, exchange);
    if (given === "wrong" || (given === undefined && auth.anonymousPull !== true)) {
      return refuse("UNAUTHORIZED", null, { headers: { "www-authenticate": `Basic realm="${state.url}/token"` } });
    }
    const grants = grantScopes(
      auth,
      given,
      form.getAll("scope").flatMap((scope) => scope.split(" ")),
    );
    const seconds = auth.expiresIn ?? 300;
    const token = state.tokens.issue(grants, seconds);
    const field = auth.tokenField ?? "both";
    const wantsRefresh = form.get("offline_token") === "true" || form.get("access_type") === "offline";
    return json({
      ...(field === "access_token" ? {} : { token }),
      ...(field === "token" ? {} : { access_token: token }),
      ...(auth.announceExpiry === false ? {} : { expires_in: seconds }),
      issued_at: new Date().toISOString(),
      ...(wantsRefresh && given !== undefined ? { refresh_token: state.tokens.issueRefresh(given) } : {}),
    });
  };
}

async function readForm({ body }: Exchange): Promise<URLSearchParams | typeof ABANDONED> {
  const bytes = await body.read(FORM_LIMIT);
  if (bytes === "torn" || bytes === "too-large") return ABANDONED;
  return new URLSearchParams(Buffer.from(bytes).toString("utf8"));
}

function fromHeader(auth: Bearer, { request }: Exchange): RegistryUser | undefined | "wrong" {
  const header = request.headers.authorization;
  return header === undefined ? undefined : (findUser(auth.users, readBasic(header)) ?? "wrong");
}

function fromForm(state: RegistryState, auth: Bearer, form: URLSearchParams): RegistryUser | "wrong" {
  const given = { username: form.get("username") ?? "", password: form.get("password") ?? "" };
  const user =
    form.get("grant_type") === "refresh_token" ? state.tokens.refreshUser(form.get("refresh_token") ?? "") : findUser(auth.users, given);
  return user ?? "wrong";
}

function grantScopes(auth: Bearer, user: RegistryUser | undefined, scopes: readonly string[]): Grants {
  const grants = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const match = /^(repository:.+|registry:catalog):([a-z*,]+)$/.exec(scope);
    const [, resource = "", wanted = ""] = match ?? [];
    if (match === null) continue;
    const asked = wanted === "*" ? ["pull", "push", "delete", "*"] : wanted.split(",");
    const granted = asked.filter((action) => mayDo(user, auth.anonymousPull === true, needOf(resource, action)));
    grants.set(resource, new Set([...(grants.get(resource) ?? []), ...granted]));
  }
  return grants;
}

function needOf(resource: string, action: string): Need {
  if (resource === "registry:catalog") return { on: "catalog" };
  const repository = resource.slice("repository:".length);
  const actions: readonly Action[] = action === "*" ? ["pull", "push", "delete"] : [action as Action];
  return { on: "repository", repository, actions };
}
