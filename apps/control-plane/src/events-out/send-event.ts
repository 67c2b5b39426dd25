import { systemCode, TransshipError } from "@transship/errors";
import type { Webhook } from "@transship/model";
import { Agent, type Dispatcher, request } from "undici";
import { VERSION } from "../version.ts";
import { EVENT_MEDIA_TYPE } from "./cloud-event.ts";
import { checkedLookup, checkLiteral } from "./receiver-address.ts";
import { SIGNATURE_HEADER, signatureOf } from "./sign-body.ts";

/** How an attempt went. */
export interface Attempt {
  /** From the request to the answer. */
  readonly latencyMs: number;
  /** Why it did not arrive; undefined = it did. */
  readonly error: TransshipError | undefined;
  /** Whether the receiver says of this very request that it will never take it. */
  readonly final: boolean;
}

const TIMEOUT_MS = 10_000;
/** Of the answer's body, so much is read and thrown away, so that the connection can be used again. */
const ANSWER_BYTES = 1024;
/** Bad Request, Gone, Content Too Large, Unsupported Media Type, Unprocessable Content (RFC 9110 §15.5). */
const FINAL_STATUSES = new Set([400, 410, 413, 415, 422]);
const TLS_CODES = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO|HOSTNAME_MISMATCH|INVALID_CA)/;
const TIMEOUT_CODES = new Set(["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "ETIMEDOUT"]);

/**
 * Sends events to webhooks. Where a URL leads is checked by address; redirects are not followed; TLS certificates are verified, whatever the environment says.
 * One text for each kind of failure, and nothing of the answer but its status: a webhook must not be a way to look around in the network of the control plane.
 */
export class EventSender implements AsyncDisposable {
  readonly #open: Agent;
  readonly #public: Agent;
  readonly #timeoutMs: number;

  /** `timeoutMs`: for a whole attempt, from the name lookup to the answer. */
  constructor(timeoutMs: number = TIMEOUT_MS) {
    this.#timeoutMs = timeoutMs;
    this.#open = openAgent(true, timeoutMs);
    this.#public = openAgent(false, timeoutMs);
  }

  /** One attempt. Throws only the reason of `signal`. */
  async send({ spec }: Webhook, body: string, signal: AbortSignal): Promise<Attempt> {
    const begin = performance.now();
    const over = AbortSignal.timeout(this.#timeoutMs);
    try {
      const url = new URL(spec.url);
      checkLiteral(url, spec.allowPrivate);
      const {
        statusCode,
        headers,
        body: answer,
      } = await request(url, {
        method: "POST",
        headers: {
          "content-type": EVENT_MEDIA_TYPE,
          "user-agent": `transship/${VERSION}`,
          [SIGNATURE_HEADER]: signatureOf(spec.secret, new Date(), body),
        },
        body,
        dispatcher: spec.allowPrivate ? this.#open : this.#public,
        signal: AbortSignal.any([over, signal]),
      });
      const latencyMs = performance.now() - begin;
      await answer.dump({ limit: ANSWER_BYTES, signal: over }).catch(() => undefined);
      return { latencyMs, error: statusError(statusCode, headers), final: FINAL_STATUSES.has(statusCode) };
    } catch (thrown) {
      signal.throwIfAborted();
      return { latencyMs: performance.now() - begin, error: transportError(thrown, over.aborted, this.#timeoutMs), final: false };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#open.destroy(), this.#public.destroy()]);
  }
}

function openAgent(allowPrivate: boolean, timeoutMs: number): Agent {
  return new Agent({
    allowH2: false,
    pipelining: 1,
    connections: 2,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs, rejectUnauthorized: true, allowH2: false, lookup: checkedLookup(allowPrivate) },
  });
}

const WHAT = "sending the event";

function statusError(status: number, headers: Dispatcher.ResponseData["headers"]): TransshipError | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status >= 300 && status < 400) {
    const hint = "Give the URL that the redirect leads to.";
    return new TransshipError("REDIRECT_REFUSED", { what: WHAT, why: `the receiver answered ${status}; redirects are not followed`, hint });
  }
  const seconds = Number(headers["retry-after"]);
  const retryAfterMs = Number.isSafeInteger(seconds) && seconds > 0 ? seconds * 1000 : undefined;
  return new TransshipError("RECEIVER_FAILED", { what: WHAT, why: `the receiver answered ${status}`, retryAfterMs });
}

function transportError(cause: unknown, timedOut: boolean, timeoutMs: number): TransshipError {
  const own = [cause, cause instanceof Error ? cause.cause : undefined].find((thrown) => thrown instanceof TransshipError);
  if (own !== undefined) return own;
  const code = innermostCode(cause) ?? "";
  if (timedOut || TIMEOUT_CODES.has(code)) {
    const hint = "Check the URL and the receiver's load; it should answer before it works on an event.";
    return new TransshipError("TIMED_OUT", { what: WHAT, why: `no answer within ${timeoutMs / 1000} s`, hint, cause });
  }
  if (TLS_CODES.test(code)) {
    const hint = "The receiver needs a certificate of a public authority for the name in the URL.";
    return new TransshipError("TLS_FAILED", { what: WHAT, why: "the receiver's TLS is not trustworthy", hint, cause });
  }
  const hint = "Check the URL, that its name resolves, and that the receiver runs.";
  return new TransshipError("CONNECTION_FAILED", { what: WHAT, why: "the receiver cannot be reached", hint, cause });
}

function innermostCode(thrown: unknown): string | undefined {
  if (thrown instanceof AggregateError) return thrown.errors.map(innermostCode).find((code) => code !== undefined);
  return systemCode(thrown) ?? (thrown instanceof Error && thrown.cause !== undefined ? innermostCode(thrown.cause) : undefined);
}
