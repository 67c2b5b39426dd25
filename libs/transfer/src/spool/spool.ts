import { TransshipError } from "@transship/errors";
import type { ByteRange } from "@transship/oci";
import type { Blob } from "../blob.ts";
import type { Journal, SpooledPiece } from "../journal.ts";
import { coveredBytes, gaps, prefixEnd } from "./piece-map.ts";
import { SpoolFile } from "./spool-file.ts";

/** Fetches what is missing of a blob into its spool. Ends when nothing is missing; throws what it could not get over. */
export type Filler = (spool: Spool, signal: AbortSignal) => Promise<void>;

interface Filling {
  readonly abort: AbortController;
  /** Never rejects. */
  ended: Promise<void>;
  /** What the filling failed with, for those who wait for bytes. */
  failure: { readonly cause: unknown } | undefined;
}

/**
 * One blob on its way: filled from the source in any order, read in order by one or more uploads at the same time. Whoever needs bytes waits for them here.
 * The filling belongs to the spool, not to the upload that began it: it ends when the last user leaves.
 */
export class Spool {
  readonly blob: Blob;
  /** Bytes that were on disk when the spool was opened. */
  readonly resumedBytes: number;
  readonly #file: SpoolFile;
  readonly #journal: Journal;
  /** What is there from the start without a gap, and the parts beyond. */
  #prefix: number;
  #ahead: ByteRange[];
  #generation = 0;
  #filling: Filling | undefined;
  #waiters: (() => void)[] = [];

  private constructor(blob: Blob, file: SpoolFile, pieces: SpooledPiece[], journal: Journal) {
    this.blob = blob;
    this.#file = file;
    this.#journal = journal;
    this.#prefix = prefixEnd(pieces);
    this.#ahead = pieces.filter((piece) => piece.end > this.#prefix);
    this.resumedBytes = coveredBytes(pieces, blob.size);
  }

  static async open(path: string, blob: Blob, journal: Journal): Promise<Spool> {
    const { file, pieces } = await SpoolFile.open(path, blob, journal);
    return new Spool(blob, file, pieces, journal);
  }

  /** Parts that have not come yet. */
  missing(): ByteRange[] {
    return gaps([{ start: 0, end: this.#prefix }, ...this.#ahead], this.blob.size);
  }

  /** Writes bytes; they count once {@link Spool.record} has named them. */
  write(buffers: readonly Uint8Array[], offset: number): Promise<void> {
    return this.#file.write(buffers, offset);
  }

  /** Records a piece whose bytes are written: from now on it survives this process and can be read. A piece that grew replaces what had its start. */
  record(piece: SpooledPiece): void {
    this.#journal.addPiece(this.blob.digest, piece);
    this.#prefix = prefixEnd([{ start: 0, end: this.#prefix }, ...this.#ahead, piece]);
    this.#ahead = [...this.#ahead.filter((part) => part.start !== piece.start), piece].filter((part) => part.end > this.#prefix);
    this.#wake();
  }

  /**
   * Waits until the blob is there up to `end`, and returns how far it is there. Starts the filling where nobody has; when the filling fails everybody who waits
   * gets the error, and the next to come starts it again.
   */
  async waitFor(end: number, fill: Filler, signal: AbortSignal): Promise<number> {
    while (this.#prefix < end) {
      signal.throwIfAborted();
      this.#filling ??= this.#startFilling(fill);
      const filling = this.#filling;
      await this.#nextPiece(signal);
      // A filling that was ended because another user found the bytes wrong begins anew.
      if (filling.failure !== undefined && !filling.abort.signal.aborted) throw filling.failure.cause;
    }
    return this.#prefix;
  }

  read(start: number, end: number): AsyncGenerator<Uint8Array> {
    return this.#file.read(start, end);
  }

  /** Counts the times that everything was thrown away. */
  get generation(): number {
    return this.#generation;
  }

  /** Forgets everything that came: the bytes were wrong. What came after another user did the same is kept. */
  async discard(generation: number): Promise<void> {
    if (generation !== this.#generation) return;
    this.#generation += 1;
    await this.#stopFilling();
    this.#journal.dropPieces(this.blob.digest);
    this.#ahead = [];
    this.#prefix = 0;
  }

  /** Ends the filling and closes the file; `keep` leaves bytes and records for the next run. */
  async close(keep: boolean): Promise<void> {
    await this.#stopFilling();
    if (keep) await this.#file[Symbol.asyncDispose]();
    else await this.#file.remove();
  }

  #startFilling(fill: Filler): Filling {
    const abort = new AbortController();
    const filling: Filling = { abort, failure: undefined, ended: Promise.resolve() };
    filling.ended = this.#fillUp(fill, abort.signal)
      .catch((cause: unknown) => {
        filling.failure = { cause };
      })
      .finally(() => {
        this.#filling = undefined;
        this.#wake();
      });
    return filling;
  }

  async #fillUp(fill: Filler, signal: AbortSignal): Promise<void> {
    await fill(this, signal);
    if (this.missing().length === 0) return;
    throw new TransshipError("INTERNAL", { what: "filling the spool", why: "it ended before everything was there" });
  }

  async #stopFilling(): Promise<void> {
    const filling = this.#filling;
    if (filling === undefined) return;
    filling.abort.abort(new Error("nobody needs the blob any more"));
    await filling.ended;
  }

  /** Resolves at the next recorded piece, at the end of the filling, or when the signal aborts. */
  #nextPiece(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const resume = () => {
        signal.removeEventListener("abort", resume);
        resolve();
      };
      this.#waiters.push(resume);
      signal.addEventListener("abort", resume);
    });
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resume of waiters) resume();
  }
}
