import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { AnswerBody } from "./answer-body.ts";
import type { Connections } from "./connections.ts";
import { type BodyProgress, type RequestBody, Watchdog, watchedBody } from "./request-body.ts";
import type { Timeouts } from "./timeouts.ts";
import { transportError } from "./transport-errors.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One HTTP request on the wire, nothing added. */
export interface ExchangeRequest {
  /** What it is for, short and without secrets: `blob.read`. A label of metrics. */
  readonly operation: string;
  /** What it is for, in words, for errors. */
  readonly what: string;
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes in memory, or a stream of known length. */
  readonly body?: Uint8Array | RequestBody | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Instead of the usual time until the answer's headers. */
  readonly answerMs?: number | undefined;
  /**
   * Whether the answer is read at the pace of somebody else, such as an upload to the same registry. Those have connections of their own: if they
   * could take the last one that the upload is waiting for, neither would end.
   */
  readonly download?: boolean | undefined;
}

/** The answer to one request, with any status. Its body must be read or discarded. */
export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Where it came from, after redirects. */
  readonly url: URL;
  readonly body: AnswerBody;
}

/** Headers of an answer, by lower-case name; the first value where a name came several times, except through `all`. */
export interface AnswerHeaders {
  get(name: string): string | undefined;
  all(name: string): readonly string[];
}

/** One request as it went, for metrics. Given when the answer's body is done, or when the request failed. */
export interface RequestEvent {
  readonly operation: string;
  readonly method: Method;
  /** `host:port` that was asked: the registry's own or its storage's. */
  readonly host: string;
  /** Undefined where no answer came. */
  readonly status: number | undefined;
  readonly durationMs: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export type RequestObserver = (event: RequestEvent) => void;

/** Sends single requests: no redirects, no credentials, no retries. */
export class Exchange {
  readonly #connections: Connections;
  readonly #timeouts: Timeouts;
  readonly #userAgent: string;
  readonly #observe: RequestObserver | undefined;

  constructor(connections: Connections, timeouts: Timeouts, userAgent: string, observe: RequestObserver | undefined) {
    this.#connections = connections;
    this.#timeouts = timeouts;
    this.#userAgent = userAgent;
    this.#observe = observe;
  }

  get timeouts(): Timeouts {
    return this.#timeouts;
  }

  /** A hint that so many downloads from the own origin will soon begin at once. */
  openAhead(connections: number): void {
    this.#connections.openAhead(connections);
  }

  /** Throws `CONNECTION_FAILED`, `TLS_FAILED`, `TIMED_OUT`, the signal's reason, or whatever the body's source throws. */
  async send(request: ExchangeRequest): Promise<Answer> {
    const { method, url, signal } = request;
    signal?.throwIfAborted();
    const startedAt = performance.now();
    const progress: BodyProgress = { started: false, sent: 0 };
    const report = (status: number | undefined, receivedBytes: number): void =>
      this.#observe?.({
        operation: request.operation,
        method,
        host: url.host,
        status,
        durationMs: performance.now() - startedAt,
        sentBytes: progress.sent,
        receivedBytes,
      });
    try {
      const answer = await this.#dispatch(request, progress);
      const body = new AnswerBody(answer.body, request.what, {
        signal,
        idleMs: this.#timeouts.bodyIdleMs,
        finished: (bytes) => report(answer.statusCode, bytes),
      });
      return { status: answer.statusCode, headers: headersOf(answer.headers), url, body };
    } catch (thrown) {
      report(undefined, 0);
      throw transportError(request.what, thrown, signal);
    }
  }

  async #dispatch(request: ExchangeRequest, progress: BodyProgress): Promise<Dispatcher.ResponseData> {
    const { url, method, body, signal } = request;
    const headers: Record<string, string> = { "user-agent": this.#userAgent, "accept-encoding": "identity", ...request.headers };
    const pool = this.#connections.to(url, request.download === true ? "download" : "control");
    // An answer to HEAD has no body, so the connection can be kept; undici closes it unless told.
    const base = { path: url.pathname + url.search, method, headers, reset: false } satisfies Dispatcher.RequestOptions;
    const headersTimeout = request.answerMs ?? this.#timeouts.headersMs;
    if (body === undefined || body instanceof Uint8Array) {
      progress.sent = body?.byteLength ?? 0;
      return await pool.request({ ...base, body: body ?? null, signal: signal ?? null, headersTimeout });
    }
    headers["content-length"] = String(body.length);
    using watchdog = new Watchdog(request.what, signal);
    const stream = watchedBody(body, progress, watchdog, this.#timeouts.bodyIdleMs, headersTimeout);
    // undici takes any async iterable as a body; its types name only streams. Its own timer would count the source's pauses as the registry's.
    return await pool.request({ ...base, body: stream as unknown as Readable, signal: watchdog.signal, headersTimeout: 0 });
  }
}

function headersOf(raw: Dispatcher.ResponseData["headers"]): AnswerHeaders {
  const all = (name: string): readonly string[] => {
    const value = raw[name];
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  };
  return { all, get: (name) => all(name)[0] };
}
