import { TransshipError } from "@transship/errors";
import { AnswerBody } from "./answer-body.ts";
import type { Attempt, Authorizer } from "./authorizer.ts";
import { describeCredential } from "./credential.ts";
import type { Answer, Exchange, Method } from "./exchange.ts";
import { LIMITS } from "./limits.ts";
import { OnePass } from "./one-pass.ts";
import { RedirectMemory } from "./redirect-memory.ts";
import { registryError, type Subject } from "./registry-errors.ts";
import type { RequestBody } from "./request-body.ts";
import { UrlGuard } from "./url-guard.ts";

/** One call of the registry's API. */
export interface Call {
  /** Label of metrics: `manifest.read`. */
  readonly operation: string;
  /** In words, for errors: `reading manifest team0/app:v1`. */
  readonly what: string;
  readonly method: Method;
  readonly url: URL;
  readonly subject: Subject;
  /** Token scopes that it needs: `repository:team0/app:pull`. */
  readonly scopes: readonly string[];
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | RequestBody | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly answerMs?: number | undefined;
  /** Whether the answer is read at the pace of somebody else: see {@link ExchangeRequest.download}. */
  readonly download?: boolean | undefined;
  /** Names what is read, where the address that a redirect gives serves all readers of it. */
  readonly shared?: string | undefined;
  /** False where a redirect is itself the answer. GET and HEAD are followed otherwise; nothing else ever is. */
  readonly followRedirects?: boolean | undefined;
}

/** ECR answers an expired login with 403, ECR Public with 400, both without a challenge. */
const EXPIRED = /authorization token (?:has expired|is invalid)|token (?:has )?expired|expired token/i;

/** What a refused redirect is called in errors. */
const REDIRECT = "a redirect of the registry";

/** Sends calls to one registry: logs in, follows redirects under guard, turns refusals into errors. Never retries anything else. */
export class RegistryClient {
  readonly origin: URL;
  readonly guard: UrlGuard;
  readonly #exchange: Exchange;
  readonly #authorizer: Authorizer;
  readonly #redirects = new RedirectMemory();

  constructor(origin: URL, exchange: Exchange, authorizer: Authorizer, guard: UrlGuard) {
    this.origin = origin;
    this.guard = guard;
    this.#exchange = exchange;
    this.#authorizer = authorizer;
  }

  get commitMs(): number {
    return this.#exchange.timeouts.commitMs;
  }

  /** A URL of the registry's API. `path` starts after `/v2/`. */
  url(path: string, query: Readonly<Record<string, string>> = {}): URL {
    const url = new URL(`/v2/${path}`, this.origin);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  /** A hint that so many downloads from the own origin will soon begin at once. */
  openAhead(connections: number): void {
    this.#exchange.openAhead(connections);
  }

  /** The answer with whatever status, after logging in and redirects. Throws for failures below HTTP, refused logins and refused redirects. */
  async send(call: Call): Promise<Answer> {
    if (call.body === undefined || call.body instanceof Uint8Array) return await this.#sent(call);
    const bytes = new OnePass(call.body.bytes);
    try {
      return await this.#sent({ ...call, body: { bytes, length: call.body.length } });
    } finally {
      await bytes.release();
    }
  }

  async #sent(call: Call): Promise<Answer> {
    if (call.shared !== undefined) return await this.#shared(call, call.shared);
    const answer = await this.#authorized(call);
    const follow = call.followRedirects !== false && (call.method === "GET" || call.method === "HEAD");
    return follow ? await this.#followed(call, answer) : answer;
  }

  /** A read from where an earlier reader was redirected to, as long as storage takes that address; else by way of the registry. */
  async #shared(call: Call, name: string): Promise<Answer> {
    const found = await this.#redirects.find(name);
    if (!(found instanceof URL)) {
      using turn = found;
      return await this.#asked(call, name, turn);
    }
    return (await this.#remembered(call, name, found)) ?? (await this.#asked(call, name));
  }

  /** A read by way of the registry; its redirect is for others too, from the moment that it is known. */
  async #asked(call: Call, name: string, turn?: Disposable): Promise<Answer> {
    const answer = await this.#authorized(call);
    const url = isRedirect(answer) ? URL.parse(answer.headers.get("location") ?? "", answer.url.href) : null;
    if (url !== null && !this.guard.isOwnOrigin(url) && this.#isAllowed(url)) this.#redirects.redirected(name, url);
    else if (answer.status < 300) this.#redirects.served();
    turn?.[Symbol.dispose]();
    return await this.#followed(call, answer);
  }

  #isAllowed(url: URL): boolean {
    try {
      this.guard.checkRedirect(url, REDIRECT);
      return true;
    } catch {
      return false;
    }
  }

  /** The answer from a remembered address, which is held to the same rules as when it was new; undefined where storage no longer takes it. */
  async #remembered(call: Call, name: string, url: URL): Promise<Answer | undefined> {
    try {
      this.guard.checkRedirect(url, REDIRECT);
      const answer = await this.#followed(call, await this.#anonymously(call, url));
      // Storage says 400, 401, 403, 404 or 410 to a signature that is too old. What it says of the range, or of its own load, holds.
      if (answer.status < 400 || answer.status >= 500 || answer.status === 416 || answer.status === 429) return answer;
      this.#redirects.forget(name, url);
      await answer.body.discard();
      return undefined;
    } catch (thrown) {
      this.#redirects.forget(name, url);
      throw thrown;
    }
  }

  /** The error that a refusing answer means; reads its body. */
  async refusal(call: Call, answer: Answer): Promise<TransshipError> {
    const body = await readErrorBody(answer);
    const own = this.guard.isOwnOrigin(answer.url);
    const request = { what: call.what, method: call.method, url: answer.url, subject: own ? call.subject : ("storage" as const) };
    return registryError(request, answer, body, Date.now());
  }

  /** A small answer's body. Throws `RESPONSE_TOO_LARGE`, or `RESPONSE_MALFORMED` when it is compressed, which nobody asked for. */
  async read(call: Call, answer: Answer, limit: number): Promise<Uint8Array> {
    const encoding = answer.headers.get("content-encoding");
    if (encoding !== undefined && encoding !== "identity") {
      await answer.body.discard();
      throw new TransshipError("RESPONSE_MALFORMED", {
        what: call.what,
        why: `the answer has the content encoding ${encoding.slice(0, 40)}`,
      });
    }
    return await answer.body.readAtMost(limit, this.#exchange.timeouts.documentMs);
  }

  async #authorized(call: Call): Promise<Answer> {
    // An upload's location may be on an allow-listed other host, where our credential has no business.
    if (!this.guard.isOwnOrigin(call.url)) return await this.#once(call, call.url, undefined);
    let attempt = await this.#authorizer.begin(call.scopes, call.signal);
    for (;;) {
      const answer = await expiryRead(await this.#once(call, call.url, attempt.authorization), attempt);
      if (answer.status !== 401 && !answer.expired) return answer;
      const next = await this.#authorizer.next(attempt, answer, call.signal);
      if (next === undefined) {
        if (answer.status !== 401) return answer;
        throw await this.#loginRefused(call, answer, attempt);
      }
      await answer.body.discard();
      if (isSpent(call.body)) throw renewedMidway(call);
      attempt = next;
    }
  }

  async #loginRefused(call: Call, answer: Answer, attempt: Attempt): Promise<TransshipError> {
    const refusal = await this.refusal(call, answer);
    const who = describeCredential(attempt.credential);
    if (attempt.credential === undefined)
      return refusal.with({ why: `the registry wants a login and none is given (${refusal.why})`, cause: refusal });
    const password = this.#authorizer.usesPasswords || attempt.authorization === undefined || "registryToken" in attempt.credential;
    if (password)
      return new TransshipError("UNAUTHORIZED", { what: call.what, why: `the registry refused ${who} (${refusal.why})`, cause: refusal });
    // The token server accepted the login, so what is missing is the right.
    return new TransshipError("DENIED", {
      what: call.what,
      why: `the registry knows ${who} but does not allow this (${refusal.why})`,
      cause: refusal,
    });
  }

  /** Redirects by hand: every hop is checked, and only the registry's own origin ever sees the credential (S3). */
  async #followed(call: Call, first: Answer): Promise<Answer> {
    let answer = first;
    for (let hop = 0; isRedirect(answer); hop += 1) {
      await answer.body.discard();
      if (hop >= LIMITS.redirects)
        throw new TransshipError("REDIRECT_REFUSED", { what: call.what, why: `more than ${LIMITS.redirects} redirects` });
      const url = URL.parse(answer.headers.get("location") ?? "", answer.url.href);
      if (url === null)
        throw new TransshipError("RESPONSE_MALFORMED", { what: call.what, why: "the registry redirects to something that is no URL" });
      this.guard.checkRedirect(url, REDIRECT);
      answer = this.guard.isOwnOrigin(url) ? await this.#authorized({ ...call, url }) : await this.#anonymously(call, url);
    }
    return answer;
  }

  async #anonymously(call: Call, url: URL): Promise<Answer> {
    const answer = await this.#once(call, url, undefined);
    if (answer.status !== 401) return answer;
    const authorization = await this.#authorizer.anonymous(answer, new UrlGuard(new URL(url.origin)), call.signal);
    if (authorization === undefined) return answer;
    await answer.body.discard();
    return await this.#once(call, url, authorization);
  }

  async #once(call: Call, url: URL, authorization: string | undefined): Promise<Answer> {
    const { operation, what, method, body, signal, answerMs, download } = call;
    const headers = authorization === undefined ? (call.headers ?? {}) : { ...call.headers, authorization };
    return await this.#exchange.send({ operation, what, method, url, headers, body, signal, answerMs, download });
  }
}

function isRedirect(answer: Answer): boolean {
  return [301, 302, 303, 307, 308].includes(answer.status) && answer.headers.get("location") !== undefined;
}

async function readErrorBody(answer: Answer): Promise<Uint8Array> {
  try {
    return await answer.body.readAtMost(LIMITS.errorBytes, 10_000);
  } catch {
    // The status alone has to do: an oversized or broken error body says nothing worth failing differently for.
    return new Uint8Array();
  }
}

/** Reads the body of an answer that may speak of an expired login, and keeps it for whoever reads it next. */
async function expiryRead(answer: Answer, attempt: Attempt): Promise<Answer & { readonly expired: boolean }> {
  if ((answer.status !== 403 && answer.status !== 400) || attempt.authorization === undefined) return { ...answer, expired: false };
  const bytes = await readErrorBody(answer);
  return { ...answer, body: new AnswerBody(bytes, "error"), expired: EXPIRED.test(new TextDecoder().decode(bytes)) };
}

/** Whether bytes of the body were asked for already, so that they cannot be sent again. */
function isSpent(body: Uint8Array | RequestBody | undefined): boolean {
  return body !== undefined && !(body instanceof Uint8Array) && body.bytes instanceof OnePass && body.bytes.started;
}

/** The login is fresh again, but the bytes are gone: whoever has them sends them again, from the registry's own offset. */
function renewedMidway(call: Call): TransshipError {
  return new TransshipError("REGISTRY_FAILED", {
    what: call.what,
    why: "the login expired during the upload and was renewed; the upload has to be asked for its offset",
  });
}
