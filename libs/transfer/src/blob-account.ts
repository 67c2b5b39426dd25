import type { ByteCounts } from "@transship/model";
import type { Blob } from "./blob.ts";
import type { Tally } from "./tally.ts";

/**
 * How a blob came to the target. `existing`: it was there. `mounted`: from another repository of the target. `joined`: another copy of this process brought it.
 * `resumed`: copied, from a checkpoint on. `copied`: all of it.
 */
export type Rung = "existing" | "mounted" | "joined" | "resumed" | "copied";

/**
 * How the bytes of a copied blob moved. `stream`: one GET piped into one PUT. `spooled`: one GET into the spool, uploaded beside it. `segmented`: ranges side by side
 * into the spool, uploaded in order beside them.
 */
export type Way = "stream" | "spooled" | "segmented";

/** What one blob cost, for people who ask why a copy took so long. */
export interface BlobReport {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly rung: Rung;
  /** Only of blobs that were copied. */
  readonly way: Way | undefined;
  /** Most ranges in flight at once. */
  readonly ranges: number;
  /** Requests that had to be repeated, at either side. */
  readonly retries: number;
  /** Bytes fetched, taken from a checkpoint, and fetched in vain. */
  readonly copied: number;
  readonly resumed: number;
  readonly wasted: number;
  /** From the first request to the confirmation. */
  readonly milliseconds: number;
}

/** The account of one blob of one copy: what is counted here is part of the copy's tally too. */
export class BlobAccount {
  readonly blob: Blob;
  rung: Rung = "copied";
  way: Way | undefined;
  ranges = 0;
  retries = 0;
  readonly #tally: Tally;
  readonly #startedAt = performance.now();
  readonly #bytes = { copied: 0, resumed: 0, wasted: 0 };

  constructor(blob: Blob, tally: Tally) {
    this.blob = blob;
    this.#tally = tally;
  }

  count(how: keyof ByteCounts, bytes: number): void {
    this.#tally.count(how, bytes);
    if (how === "copied" || how === "resumed" || how === "wasted") this.#bytes[how] += bytes;
  }

  /** The target has the blob up to `offset`. */
  arrived(offset: number): void {
    this.#tally.arrived(this.blob, offset);
  }

  /** So many ranges are in flight now. */
  inFlight(ranges: number): void {
    this.ranges = Math.max(this.ranges, ranges);
  }

  /** A request has to be repeated. */
  retried(): void {
    this.retries += 1;
  }

  report(): BlobReport {
    const { blob, way, ranges, retries } = this;
    const rung = this.rung === "copied" && this.#bytes.resumed > 0 ? "resumed" : this.rung;
    return {
      digest: blob.digest,
      size: blob.size,
      rung,
      way,
      ranges,
      retries,
      ...this.#bytes,
      milliseconds: Math.round(performance.now() - this.#startedAt),
    };
  }
}
