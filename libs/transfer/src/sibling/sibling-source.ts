import { TransshipError } from "@transship/errors";
import type { BlobRead, ByteRange, CallOptions, Digest, Repository } from "@transship/oci";

/** What reading a blob needs of a repository. */
export type BlobSource = Pick<Repository, "registry" | "readBlob">;

/** A sibling that sends nothing for so many milliseconds is given up: the source would send something. */
const STALLED_MS = 5_000;

/** What the reading of a sibling is told to, and asked about. */
export interface SiblingWatch {
  /** Told once, why no more is read from it: it failed, or only brings less than the source. */
  left(why: unknown, because: "failed" | "slow"): void;
  /** A read begins; what is returned tells its end and how many bytes it brought. */
  wait(): (bytes: number) => void;
  /** Whether the source would bring more. */
  tooSlow(): boolean;
}

/**
 * A repository of a sibling that said it has a blob, for the time of one copy of that blob. It is not waited for: with its first failure, or when it sends nothing for
 * a while or too little, it is given up, and every read of it fails at once, in a way that nobody tries again; what is missing then comes from the source.
 */
export class SiblingSource implements BlobSource {
  readonly name: string;
  readonly #repository: Repository;
  readonly #watch: SiblingWatch;
  readonly #end = new AbortController();
  #bytes = 0;

  /** @param name of the sibling */
  constructor(name: string, repository: Repository, watch: SiblingWatch) {
    this.name = name;
    this.#repository = repository;
    this.#watch = watch;
  }

  get registry(): string {
    return this.#repository.registry;
  }

  /** Whether it has not been given up. */
  get usable(): boolean {
    return !this.#end.signal.aborted;
  }

  /** Bytes that it sent. */
  get bytes(): number {
    return this.#bytes;
  }

  /** No more is read from it. */
  giveUp(why: unknown, because: "failed" | "slow" = "failed"): void {
    if (!this.usable) return;
    this.#end.abort(why);
    this.#watch.left(why, because);
  }

  async readBlob(blob: { digest: Digest; size: number }, range: ByteRange, options: CallOptions = {}): Promise<BlobRead> {
    if (!this.usable) throw this.#gone(blob.digest);
    const ends = options.signal === undefined ? this.#end.signal : AbortSignal.any([options.signal, this.#end.signal]);
    const read = await this.#step(
      blob.digest,
      options.signal,
      () => this.#repository.readBlob(blob, range, { ...options, signal: ends }),
      () => 0,
    );
    return { ...read, bytes: this.#bytesOf(read.bytes, blob.digest, options.signal) };
  }

  async *#bytesOf(bytes: AsyncIterable<Uint8Array>, digest: Digest, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    const body = bytes[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#step(
          digest,
          signal,
          () => body.next(),
          ({ done, value }) => (done === true ? 0 : value.byteLength),
        );
        if (next.done === true) return;
        this.#bytes += next.value.byteLength;
        yield next.value;
        // Bytes that came are used; only more of them are not asked for.
        if (this.usable && this.#watch.tooSlow()) this.giveUp(new Error("the source brings more bytes a second"), "slow");
      }
    } finally {
      await body.return?.();
    }
  }

  /** A step whose failure is the sibling's, unless the reader itself ended it. */
  async #step<T>(digest: Digest, signal: AbortSignal | undefined, step: () => Promise<T>, bytesOf: (result: T) => number): Promise<T> {
    if (!this.usable) throw this.#gone(digest);
    const came = this.#watch.wait();
    const stalled = setTimeout(() => this.giveUp(new Error(`nothing came for ${STALLED_MS} ms`)), STALLED_MS);
    let bytes = 0;
    try {
      const result = await step();
      bytes = bytesOf(result);
      return result;
    } catch (error) {
      if (signal?.aborted === true) throw error;
      this.giveUp(error);
      throw this.#gone(digest);
    } finally {
      clearTimeout(stalled);
      came(bytes);
    }
  }

  /** `BLOB_UNKNOWN`, since that is what asking again does not help with. It stays inside the engine. */
  #gone(digest: Digest): TransshipError {
    const what = `reading blob ${digest} from ${this.name}`;
    return new TransshipError("BLOB_UNKNOWN", { what, why: "this sibling was given up", cause: this.#end.signal.reason });
  }
}
