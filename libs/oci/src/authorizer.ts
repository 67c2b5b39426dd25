import { TransshipError } from "@transship/errors";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { basicAuthorization, type Credential, type CredentialHolder, describeCredential } from "./credential.ts";
import type { Answer, Exchange } from "./exchange.ts";
import { fetchToken } from "./fetch-token.ts";
import { normaliseScopes, TokenCache } from "./token-cache.ts";
import type { UrlGuard } from "./url-guard.ts";

/** How the registry wants to be asked, as far as it said so yet. */
type Scheme =
  | { readonly kind: "unknown" }
  | { readonly kind: "basic" }
  | { readonly kind: "bearer"; readonly realm: URL; readonly service: string | undefined };

/** One request's way through logging in. */
export interface Attempt {
  readonly scopes: readonly string[];
  /** The value to send, undefined for none. */
  readonly authorization: string | undefined;
  readonly credential: Credential | undefined;
  /** How often the registry refused a login of this request. */
  readonly refusals: number;
}

/** Longest scope parameter that is taken from a challenge, in characters. */
const MAX_SCOPE = 2_000;

/**
 * Logs in to one registry. Once the registry has said how, tokens are fetched before the request rather than after its refusal. A refusal is answered with
 * one fresh token, then with one for the union of our scopes and the challenge's, then given up.
 */
export class Authorizer {
  readonly #exchange: Exchange;
  readonly #guard: UrlGuard;
  readonly #credentials: CredentialHolder;
  readonly #tokens = new TokenCache();
  /** Scopes that the registry asked for beyond ours (ACR's `metadata_read`), by ours. */
  readonly #upgrades = new Map<string, readonly string[]>();
  #scheme: Scheme;

  /** `passwordFirst`: a password is sent before the server has asked for one. */
  constructor(exchange: Exchange, guard: UrlGuard, credentials: CredentialHolder, passwordFirst = false) {
    this.#scheme = { kind: passwordFirst ? "basic" : "unknown" };
    this.#exchange = exchange;
    this.#guard = guard;
    this.#credentials = credentials;
  }

  /** The first attempt at a request that needs `scopes`. Throws what {@link fetchToken} throws. */
  async begin(scopes: readonly string[], signal: AbortSignal | undefined): Promise<Attempt> {
    const own = normaliseScopes(scopes);
    const wanted = this.#upgrades.get(own.join(" ")) ?? own;
    const credential = await this.#credentials.get(signal);
    return { scopes: wanted, credential, refusals: 0, authorization: await this.#authorization(credential, wanted, undefined, signal) };
  }

  /** The next attempt after a 401 of the registry's own origin (or an expired credential's 403), or undefined when there is nothing left to try. */
  async next(attempt: Attempt, answer: Pick<Answer, "headers" | "url">, signal: AbortSignal | undefined): Promise<Attempt | undefined> {
    const challenges = parseChallenges(answer.headers.all("www-authenticate"));
    const bearer = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
    const scopes = normaliseScopes([...attempt.scopes, ...challengeScopes(bearer)]);
    const grown = scopes.join(" ") !== attempt.scopes.join(" ");
    if (attempt.refusals >= 2 || (attempt.refusals === 1 && !grown)) return undefined;
    if (challenges.length > 0) this.#scheme = this.#chooseScheme(challenges, bearer, answer.url);
    if (this.#scheme.kind === "unknown") return undefined;
    const triedPassword = this.#scheme.kind === "basic" && attempt.authorization !== undefined;
    const stale = attempt.refusals === 0 && attempt.authorization !== undefined && this.#credentials.renewable;
    const credential = stale ? await this.#credentials.renew(attempt.credential, signal) : attempt.credential;
    if (triedPassword && credential === attempt.credential) return undefined;
    const authorization = await this.#authorization(credential, scopes, attempt.authorization, signal);
    if (authorization === undefined || authorization === attempt.authorization) return undefined;
    if (grown) this.#remember(attempt.scopes, scopes);
    // The refusal of a request that carried no login yet is the registry's way of asking for one.
    const refusals = attempt.authorization === undefined ? 0 : attempt.refusals + 1;
    return { scopes, credential, authorization, refusals };
  }

  /** A token for a storage host that asks for one (S3): anonymous, from a token server of that host's own domain. */
  async anonymous(answer: Pick<Answer, "headers" | "url">, guard: UrlGuard, signal: AbortSignal | undefined): Promise<string | undefined> {
    const challenges = parseChallenges(answer.headers.all("www-authenticate"));
    const bearer = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
    if (bearer === undefined) return undefined;
    const check = (url: URL, source: string): void => {
      this.#guard.checkRedirect(url, source);
      guard.checkRealm(url, source);
    };
    const realm = parseRealm(bearer, answer.url);
    const scopes = normaliseScopes(challengeScopes(bearer));
    const token = await fetchToken(this.#exchange, {
      realm,
      service: bearer.parameters.get("service"),
      scopes,
      credential: undefined,
      check,
      signal,
    });
    return `Bearer ${token.value}`;
  }

  /** Whether the registry takes passwords themselves, so that its 401 is about the password and not about a right. */
  get usesPasswords(): boolean {
    return this.#scheme.kind === "basic";
  }

  #chooseScheme(challenges: readonly Challenge[], bearer: Challenge | undefined, url: URL): Scheme {
    if (bearer !== undefined) return { kind: "bearer", realm: parseRealm(bearer, url), service: bearer.parameters.get("service") };
    if (challenges.some(({ scheme }) => scheme === "basic")) return { kind: "basic" };
    const offered = [...new Set(challenges.map(({ scheme }) => scheme))].join(", ").slice(0, 100);
    throw new TransshipError("UNAUTHORIZED", {
      what: `logging in at ${url.host}`,
      why: `it asks for ${offered}; Transship knows basic and bearer`,
    });
  }

  async #authorization(
    credential: Credential | undefined,
    scopes: readonly string[],
    refused: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    if (credential !== undefined && "registryToken" in credential) return `Bearer ${credential.registryToken}`;
    const scheme = this.#scheme;
    if (scheme.kind === "unknown") return undefined;
    if (scheme.kind === "basic") return credential !== undefined && "username" in credential ? basicAuthorization(credential) : undefined;
    const { realm, service } = scheme;
    const check = (url: URL, source: string): void => this.#guard.checkRealm(url, source);
    const server = `${realm.href} ${service ?? ""} ${describeCredential(credential)}`;
    // The fetch is shared by many requests, so no single one's signal may end it.
    const fetch = () => fetchToken(this.#exchange, { realm, service, scopes, credential, check });
    const token = await abandonable(this.#tokens.get(server, scopes, fetch, refused?.replace(/^Bearer /, "")), signal);
    return `Bearer ${token.value}`;
  }

  #remember(asked: readonly string[], granted: readonly string[]): void {
    if (this.#upgrades.size >= 1_000) this.#upgrades.clear();
    this.#upgrades.set(asked.join(" "), granted);
  }
}

function challengeScopes(bearer: Challenge | undefined): readonly string[] {
  const scope = bearer?.parameters.get("scope");
  return scope === undefined || scope.length > MAX_SCOPE ? [] : scope.split(" ");
}

function parseRealm(bearer: Challenge, url: URL): URL {
  const realm = URL.parse(bearer.parameters.get("realm") ?? "", url.href);
  if (realm !== null) return realm;
  throw new TransshipError("RESPONSE_MALFORMED", { what: `logging in at ${url.host}`, why: "the token realm is no URL" });
}

/** The promise's outcome, or the signal's reason as soon as it aborts. */
async function abandonable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
