import { type ByteCounts, NO_BYTES, type TaskProgress } from "@transship/model";
import type { Digest } from "@transship/oci";
import type { Blob } from "./blob.ts";
import type { CopyProgress } from "./copy-request.ts";

/** Progress is told at most this often, in milliseconds, except when the phase changes. */
const TELL_EVERY_MS = 250;

/** The numbers of one copy: what is known of its size, what is done, and how each byte came. */
export class Tally {
  #phase: CopyProgress["phase"] = "preparing";
  #totalBytes = 0;
  #doneBytes = 0;
  #fetchedBytes = 0;
  /** Bytes of each expected blob that are at the target: a blob that is sent again does not take anything back. */
  readonly #arrived = new Map<Digest, number>();
  /** Bytes of each blob that need not be fetched any more; likewise. */
  readonly #fetched = new Map<Digest, number>();
  readonly #bytes: { -readonly [K in keyof ByteCounts]: number } = { ...NO_BYTES };
  #toldAt = 0;
  /** Tells what was held back, where nothing more happens that would. */
  #later: NodeJS.Timeout | undefined;
  #ended = false;
  readonly #tell: ((progress: CopyProgress) => void) | undefined;

  constructor(tell: ((progress: CopyProgress) => void) | undefined) {
    this.#tell = tell;
  }

  /** The blob belongs to the artifact. */
  expect(blob: Blob): void {
    if (this.#arrived.has(blob.digest)) return;
    this.#arrived.set(blob.digest, 0);
    this.#totalBytes += blob.size;
    this.#report(false);
  }

  /** `bytes` came in the given way. */
  count(how: keyof ByteCounts, bytes: number): void {
    this.#bytes[how] += bytes;
    this.#report(false);
  }

  /** The target has the blob up to `offset`. */
  arrived(blob: Blob, offset: number): void {
    const before = this.#arrived.get(blob.digest) ?? 0;
    if (offset <= before) return;
    this.#arrived.set(blob.digest, offset);
    this.#doneBytes += offset - before;
    this.fetched(blob, offset);
    this.#report(false);
  }

  /** So many bytes of the blob are here or at the target. Told by {@link count} or {@link arrived}. */
  fetched(blob: Blob, bytes: number): void {
    const before = this.#fetched.get(blob.digest) ?? 0;
    if (bytes <= before) return;
    this.#fetched.set(blob.digest, bytes);
    this.#fetchedBytes += bytes - before;
  }

  enter(phase: CopyProgress["phase"]): void {
    if (this.#phase === phase) return;
    this.#phase = phase;
    this.#report(true);
  }

  /** The numbers now. */
  snapshot(): TaskProgress {
    return { totalBytes: this.#totalBytes, doneBytes: this.#doneBytes, fetchedBytes: this.#fetchedBytes, bytes: { ...this.#bytes } };
  }

  /** Tells the last numbers; nothing is told afterwards, even if a blob that was given up still counts. */
  end(): void {
    this.#report(true);
    this.#ended = true;
  }

  #report(now: boolean): void {
    if (this.#tell === undefined || this.#ended) return;
    const moment = performance.now();
    const early = TELL_EVERY_MS - (moment - this.#toldAt);
    if (!now && early > 0) {
      this.#later ??= setTimeout(() => this.#report(true), early).unref();
      return;
    }
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#toldAt = moment;
    this.#tell({ phase: this.#phase, ...this.snapshot() });
  }
}
