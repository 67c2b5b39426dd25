import { TransshipError } from "@transship/errors";
import type { Dispatcher } from "undici";
import { transportError } from "./transport-errors.ts";

/** How a body is read. */
export interface AnswerBodyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of waiting in which at least {@link LEAST_BYTES} must come. */
  readonly idleMs?: number | undefined;
  /** Called once, with the bytes that were received. */
  readonly finished?: ((receivedBytes: number) => void) | undefined;
}

/** What must come in the time that a body may be idle: fewer bytes are a server that holds on to us, not a slow line. */
const LEAST_BYTES = 4 * 1024;

/** The body of one answer. Exactly one of its methods is called: an unread body would keep its connection. */
export class AnswerBody {
  readonly #source: Dispatcher.ResponseData["body"] | undefined;
  readonly #what: string;
  readonly #signal: AbortSignal | undefined;
  readonly #idleMs: number;
  readonly #finished: (receivedBytes: number) => void;
  readonly #buffered: Uint8Array | undefined;

  constructor(source: Dispatcher.ResponseData["body"] | Uint8Array, what: string, options: AnswerBodyOptions = {}) {
    this.#source = source instanceof Uint8Array ? undefined : source;
    this.#buffered = source instanceof Uint8Array ? source : undefined;
    this.#what = what;
    this.#signal = options.signal;
    this.#idleMs = options.idleMs ?? Number.POSITIVE_INFINITY;
    this.#finished = options.finished ?? (() => undefined);
    // A body that is destroyed before its end emits an error that nobody else listens for.
    this.#source?.on("error", () => undefined);
  }

  /** The bytes as they come. Leaving the iteration early closes the connection. Throws `CONNECTION_FAILED` when the body is cut, `TIMED_OUT` when it stalls. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    if (this.#source === undefined) {
      yield this.#buffered ?? new Uint8Array();
      return;
    }
    let received = 0;
    // Only the time spent on waiting counts: the reader may take as long as it likes with what it got.
    let waited = 0;
    let cameWhile = 0;
    let asked = performance.now();
    try {
      for await (const chunk of this.#source as AsyncIterable<Uint8Array>) {
        received += chunk.byteLength;
        cameWhile += chunk.byteLength;
        waited += performance.now() - asked;
        if (cameWhile >= LEAST_BYTES) waited = cameWhile = 0;
        else if (waited > this.#idleMs) throw this.#trickles(cameWhile);
        yield chunk;
        asked = performance.now();
      }
    } catch (thrown) {
      throw transportError(this.#what, thrown, this.#signal);
    } finally {
      this.#finished(received);
    }
  }

  #trickles(bytes: number): TransshipError {
    return new TransshipError("TIMED_OUT", { what: this.#what, why: `only ${bytes} bytes came in ${Math.round(this.#idleMs / 1000)} s` });
  }

  /** Ends the body unread, and its connection with it. */
  async close(): Promise<void> {
    this.#source?.destroy();
    this.#finished(0);
  }

  /** Lets the body go: reads a short rest, so that the connection can be used again, and closes the connection of a long one. */
  async discard(): Promise<void> {
    const source = this.#source;
    if (source === undefined) return;
    try {
      await source.dump({ limit: 64 * 1024 });
    } catch {
      source.destroy();
    }
    this.#finished(0);
  }

  /**
   * The whole body, which must not be longer than `limit` bytes: the only way in which anything but a blob is read.
   * `withinMs` bounds the whole reading, against servers that send a byte now and then. Throws `RESPONSE_TOO_LARGE`, `TIMED_OUT`.
   */
  async readAtMost(limit: number, withinMs: number): Promise<Uint8Array> {
    const late = new TransshipError("TIMED_OUT", {
      what: this.#what,
      why: `the answer did not end within ${Math.round(withinMs / 1000)} s`,
    });
    const timer = setTimeout(() => this.#source?.destroy(late), withinMs);
    const parts: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const chunk of this.chunks()) {
        length += chunk.byteLength;
        if (length > limit)
          throw new TransshipError("RESPONSE_TOO_LARGE", { what: this.#what, why: `the answer has more than ${limit} bytes` });
        parts.push(chunk);
      }
    } finally {
      clearTimeout(timer);
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, length);
  }
}
