import { TransshipError } from "@transship/errors";

/** Bytes to send, with their exact length: several registries mishandle chunked transfer encoding. */
export interface RequestBody {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly length: number;
}

/** One timer that is armed while the other side owes us progress; cheap enough to be set for every chunk. */
export class Watchdog implements Disposable {
  readonly #controller = new AbortController();
  readonly #what: string;
  readonly #caller: AbortSignal | undefined;
  readonly #passOn = (): void => this.#controller.abort(this.#caller?.reason);
  #timer: NodeJS.Timeout | undefined;
  #periodMs = 0;
  #armed = false;

  constructor(what: string, signal: AbortSignal | undefined) {
    this.#what = what;
    this.#caller = signal;
    if (signal?.aborted === true) this.#passOn();
    signal?.addEventListener("abort", this.#passOn);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  arm(periodMs: number): void {
    this.#armed = true;
    if (this.#timer !== undefined && this.#periodMs === periodMs) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#periodMs = periodMs;
    this.#timer = setTimeout(() => this.#bark(), periodMs);
  }

  disarm(): void {
    this.#armed = false;
  }

  [Symbol.dispose](): void {
    this.#armed = false;
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener("abort", this.#passOn);
  }

  #bark(): void {
    if (!this.#armed) return;
    const why = `the registry took no bytes and gave no answer for ${Math.round(this.#periodMs / 1000)} s`;
    this.#controller.abort(new TransshipError("TIMED_OUT", { what: this.#what, why }));
  }
}

/** What a body reports while it is sent. */
export interface BodyProgress {
  /** Whether anything was asked of `bytes`: then it cannot be sent again. */
  started: boolean;
  sent: number;
}

/**
 * The body as it is sent: counted, held to its length, and watched. The time that the source of the bytes takes is not the registry's fault, so the
 * watchdog rests meanwhile. Throws `SIZE_MISMATCH` when the source gives more or less than it announced.
 */
export async function* watchedBody(
  body: RequestBody,
  progress: BodyProgress,
  watchdog: Watchdog,
  idleMs: number,
  answerMs: number,
): AsyncGenerator<Uint8Array> {
  progress.started = true;
  for await (const chunk of body.bytes) {
    if (progress.sent + chunk.byteLength > body.length) throw lengthError(body.length, "more");
    watchdog.arm(idleMs);
    yield chunk;
    progress.sent += chunk.byteLength;
    watchdog.disarm();
  }
  if (progress.sent < body.length) throw lengthError(body.length, `only ${progress.sent}`);
  watchdog.arm(answerMs);
}

function lengthError(announced: number, found: string): TransshipError {
  return new TransshipError("SIZE_MISMATCH", { what: "bytes to upload", why: `${announced} were announced, ${found} came` });
}
