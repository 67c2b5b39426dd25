import { TransshipError } from "@transship/errors";
import type { BlobRead, ByteRange, CallOptions, Digest, Repository } from "@transship/oci";

/** What reading a blob needs of a repository. */
export type BlobSource = Pick<Repository, "registry" | "readBlob">;

/**
 * A repository of a sibling that said it has a blob, for the time of one copy of that blob. It is not waited for: with its first failure it is given up, and every
 * read of it fails at once, in a way that nobody tries again; what is missing then comes from the source.
 */
export class SiblingSource implements BlobSource {
  readonly name: string;
  readonly #repository: Repository;
  readonly #onFailure: (error: unknown) => void;
  #bytes = 0;
  #failure: unknown;

  /** @param name of the sibling @param onFailure told once, with the first failure */
  constructor(name: string, repository: Repository, onFailure: (error: unknown) => void) {
    this.name = name;
    this.#repository = repository;
    this.#onFailure = onFailure;
  }

  get registry(): string {
    return this.#repository.registry;
  }

  /** Whether it has not failed. */
  get usable(): boolean {
    return this.#failure === undefined;
  }

  /** Bytes that it sent. */
  get bytes(): number {
    return this.#bytes;
  }

  /** No more is read from it. */
  giveUp(error: unknown): void {
    if (!this.usable) return;
    this.#failure = error;
    this.#onFailure(error);
  }

  async readBlob(blob: { digest: Digest; size: number }, range: ByteRange, options: CallOptions = {}): Promise<BlobRead> {
    if (!this.usable) throw this.#gone(blob.digest);
    const read = await this.#guard(blob.digest, options.signal, () => this.#repository.readBlob(blob, range, options));
    return { ...read, bytes: this.#bytesOf(read.bytes, blob.digest, options.signal) };
  }

  async *#bytesOf(bytes: AsyncIterable<Uint8Array>, digest: Digest, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    const body = bytes[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.#guard(digest, signal, () => body.next());
        if (next.done === true) return;
        this.#bytes += next.value.byteLength;
        yield next.value;
      }
    } finally {
      await body.return?.();
    }
  }

  /** A step whose failure is the sibling's, unless the reader itself ended it. */
  async #guard<T>(digest: Digest, signal: AbortSignal | undefined, step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (signal?.aborted === true) throw error;
      this.giveUp(error);
      throw this.#gone(digest);
    }
  }

  /** `BLOB_UNKNOWN`, since that is what asking again does not help with. It stays inside the engine. */
  #gone(digest: Digest): TransshipError {
    const what = `reading blob ${digest} from ${this.name}`;
    return new TransshipError("BLOB_UNKNOWN", { what, why: "this sibling was given up", cause: this.#failure });
  }
}
