import { TransshipError } from "@transship/errors";
import { basicAuthorization, type Credential, describeCredential } from "./credential.ts";
import { isObject } from "./descriptor.ts";
import type { Answer, Exchange, ExchangeRequest } from "./exchange.ts";
import { LIMITS } from "./limits.ts";
import { registryError } from "./registry-errors.ts";
import type { Token } from "./token-cache.ts";

/** Lifetime where the answer names none (distribution's token specification). */
const DEFAULT_LIFE_S = 60;
const CLIENT_ID = "transship";

/** What is asked of a token server. */
export interface TokenRequest {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  /** Checks a URL before anything is sent to it: the realm itself and every redirect. */
  readonly check: (url: URL, source: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fetches a bearer token: the GET form with Basic credentials or none, or OAuth2's POST form for identity tokens (distribution specification,
 * "Token Authentication" and "OAuth2 Token Authentication"). The credential goes to the realm's own origin only, not along redirects.
 * Throws `UNAUTHORIZED` when the credential is refused, `REDIRECT_REFUSED` when the realm or a redirect is not to be trusted.
 */
export async function fetchToken(exchange: Exchange, request: TokenRequest): Promise<Token> {
  const { credential, realm } = request;
  request.check(realm, "the token realm");
  const what = `logging in at ${realm.host} as ${describeCredential(credential)}`;
  const answer =
    credential !== undefined && "identityToken" in credential
      ? await exchange.send(postForm(request, credential.identityToken, what))
      : await followed(exchange, request, getForm(request, what));
  const body = await answer.body.readAtMost(LIMITS.tokenBytes, exchange.timeouts.documentMs);
  if (answer.status === 200) return parseToken(body, what);
  const failure = registryError(
    { what, method: "GET", url: answer.url, subject: "registry" },
    answer,
    body.subarray(0, LIMITS.errorBytes),
    Date.now(),
  );
  const refused = answer.status === 401 || answer.status === 403;
  if (!refused) throw failure;
  const why =
    credential === undefined
      ? "the registry gives no anonymous access"
      : `the registry's token server refused ${describeCredential(credential)}`;
  throw new TransshipError("UNAUTHORIZED", { what, why, cause: failure });
}

function getForm(request: TokenRequest, what: string): ExchangeRequest {
  const { realm, service, scopes, credential, signal } = request;
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const withPassword = credential !== undefined && "username" in credential ? credential : undefined;
  url.searchParams.set("client_id", CLIENT_ID);
  if (withPassword !== undefined) url.searchParams.set("account", withPassword.username);
  const headers: Record<string, string> = { accept: "application/json" };
  if (withPassword !== undefined) headers.authorization = basicAuthorization(withPassword);
  return { operation: "auth.token", what, method: "GET", url, headers, signal };
}

function postForm(request: TokenRequest, identityToken: string, what: string): ExchangeRequest {
  const { realm, service, scopes, signal } = request;
  const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: identityToken, client_id: CLIENT_ID });
  if (service !== undefined) form.set("service", service);
  if (scopes.length > 0) form.set("scope", scopes.join(" "));
  const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
  return { operation: "auth.token", what, method: "POST", url: realm, headers, body: Buffer.from(form.toString()), signal };
}

async function followed(exchange: Exchange, request: TokenRequest, first: ExchangeRequest): Promise<Answer> {
  let current = first;
  for (let hop = 0; ; hop += 1) {
    const answer = await exchange.send(current);
    const location = answer.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
    await answer.body.discard();
    if (hop >= LIMITS.tokenRedirects)
      throw new TransshipError("REDIRECT_REFUSED", { what: first.what, why: `more than ${LIMITS.tokenRedirects} redirects` });
    const url = URL.parse(location, current.url.href);
    if (url === null)
      throw new TransshipError("RESPONSE_MALFORMED", { what: first.what, why: "the token server redirects to something that is no URL" });
    request.check(url, "a redirect of the token server");
    const { authorization: _, ...anonymous } = current.headers;
    current = { ...current, url, headers: url.origin === request.realm.origin ? current.headers : anonymous };
  }
}

function parseToken(body: Uint8Array, what: string): Token {
  const malformed = (why: string): TransshipError => new TransshipError("RESPONSE_MALFORMED", { what, why });
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw malformed("the token server's answer is not JSON");
  }
  if (!isObject(document)) throw malformed("the token server's answer is not an object");
  // ACR sends only access_token, most others only or also token.
  const value = [document.token, document.access_token].find((field) => typeof field === "string" && field !== "");
  if (typeof value !== "string") throw malformed("the token server's answer has no token");
  // Anything else could not be a header's value.
  if (!/^[\x21-\x7e]+$/.test(value)) throw malformed("the token server's token has characters that no token has");
  const seconds = Number(document.expires_in);
  return { value, lifeMs: (Number.isFinite(seconds) && seconds > 0 ? seconds : DEFAULT_LIFE_S) * 1000 };
}
