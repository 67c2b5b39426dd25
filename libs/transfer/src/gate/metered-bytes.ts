import type { ByteThrottle } from "./byte-throttle.ts";

/** What the owner of a body wants to know of it. */
export interface BodyEvents {
  /** The body waits for its source, or no longer does. */
  readonly waits?: (waiting: boolean) => void;
  /** The body is over, told once: read to its end (`true`), or failed, aborted or let go. */
  readonly ended?: (complete: boolean) => void;
}

/**
 * A body at the pace of a throttle. Chunks are cut so that streams take turns; nothing is copied. It can be read once; when it is let go, however early, the
 * source is closed, and when the signal is aborted a wait for the throttle ends at once.
 */
export class MeteredBytes implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>;
  readonly #throttle: ByteThrottle;
  readonly #signal: AbortSignal | undefined;
  readonly #events: BodyEvents;
  readonly #gone = new AbortController();
  readonly #abort = (): void => this.#end(false, this.#signal?.reason);
  #started = false;
  #sourceFailed = false;

  constructor(source: AsyncIterable<Uint8Array>, throttle: ByteThrottle, signal: AbortSignal | undefined, events: BodyEvents) {
    this.#source = source;
    this.#throttle = throttle;
    this.#signal = signal;
    this.#events = events;
    if (signal?.aborted === true) this.#abort();
    signal?.addEventListener("abort", this.#abort);
  }

  /** Whether anything was asked of it. */
  get started(): boolean {
    return this.#started;
  }

  /** Whether the source broke: then a request that failed with it says nothing of the registry that it went to. */
  get sourceFailed(): boolean {
    return this.#sourceFailed;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const pieces = this.#pieces();
    return {
      next: () => {
        this.#started = true;
        return pieces.next();
      },
      return: async () => {
        await this.release();
        return await pieces.return(undefined);
      },
    };
  }

  /** Lets it go: a wait for the throttle ends, and a source that was never read is closed. */
  async release(): Promise<void> {
    this.#end(false, new Error("the body was let go"));
    if (this.#started) return;
    this.#started = true;
    await this.#source[Symbol.asyncIterator]().return?.();
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    const chunks = this.#source[Symbol.asyncIterator]();
    let exhausted = false;
    try {
      for (;;) {
        const chunk = await this.#next(chunks);
        exhausted = chunk === undefined;
        if (chunk === undefined) break;
        if (chunk.byteLength > this.#throttle.pieceBytes) yield* this.#inPieces(chunk);
        else {
          // The usual case, without a generator in between: this runs for every chunk of every blob.
          const turn = this.#turnFor(chunk);
          if (turn !== undefined) await turn;
          yield chunk;
        }
      }
      this.#end(true);
    } finally {
      this.#end(false);
      if (!exhausted && !this.#sourceFailed) await chunks.return?.();
    }
  }

  async #next(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
    this.#events.waits?.(true);
    try {
      const step = await chunks.next();
      return step.done === true ? undefined : step.value;
    } catch (error) {
      this.#sourceFailed = true;
      throw error;
    } finally {
      this.#events.waits?.(false);
    }
  }

  async *#inPieces(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let rest = chunk; rest.byteLength > 0; ) {
      const piece = rest.subarray(0, Math.min(rest.byteLength, this.#throttle.pieceBytes));
      const turn = this.#turnFor(piece);
      if (turn !== undefined) await turn;
      yield piece;
      rest = rest.subarray(piece.byteLength);
    }
  }

  /** The throttle's word that a piece may pass; undefined where it may at once. */
  #turnFor(piece: Uint8Array): Promise<void> | undefined {
    this.#gone.signal.throwIfAborted();
    return this.#throttle.pass(piece.byteLength, this.#gone.signal);
  }

  #end(complete: boolean, reason?: unknown): void {
    if (this.#gone.signal.aborted) return;
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#gone.abort(reason);
    this.#events.ended?.(complete);
  }
}
