import type { BlobReport, BlobState, ByteCounts, Rung, UploadWay, Way } from "@transship/model";
import type { Blob } from "./blob.ts";
import type { Retry } from "./copy-step.ts";
import type { Tally } from "./tally.ts";

/** Retries of one blob that are told one by one; its report counts all. */
const RETRIES_TOLD = 10;

/** The account of one blob of one copy: what is counted here is part of the copy's tally too. */
export class BlobAccount {
  readonly blob: Blob;
  rung: Rung = "copied";
  way: Way | undefined;
  #from: string | undefined;
  upload: UploadWay | undefined;
  ranges = 0;
  retries = 0;
  readonly #tally: Tally;
  readonly #onRetry: ((retry: Retry) => void) | undefined;
  readonly #startedAt = performance.now();
  readonly #bytes = { copied: 0, resumed: 0, wasted: 0 };
  #ended: { readonly state: BlobState; readonly at: number } | undefined;

  /** `onRetry` is told why requests are repeated, of the first few. */
  constructor(blob: Blob, tally: Tally, onRetry?: (retry: Retry) => void) {
    this.blob = blob;
    this.#tally = tally;
    this.#onRetry = onRetry;
  }

  count(how: keyof ByteCounts, bytes: number): void {
    if (how === "copied" || how === "resumed" || how === "wasted") {
      this.#bytes[how] += bytes;
      const { copied, resumed, wasted } = this.#bytes;
      this.#tally.fetched(this.blob, Math.min(this.blob.size, copied + resumed - wasted));
    }
    this.#tally.count(how, bytes);
  }

  /** The target has the blob up to `offset`. */
  arrived(offset: number): void {
    this.#tally.arrived(this.blob, offset);
  }

  /** So many ranges are in flight now. */
  inFlight(ranges: number): void {
    this.ranges = Math.max(this.ranges, ranges);
  }

  /** Bytes came from a sibling; `wholly`: all that were fetched. */
  cameFrom(sibling: string, wholly: boolean): void {
    this.#from = sibling;
    if (wholly) this.rung = "sibling";
  }

  /** A request has to be repeated; `retry` says why, where that is more than a change of ways. */
  retried(retry?: Retry): void {
    this.retries += 1;
    if (retry !== undefined && this.retries <= RETRIES_TOLD) this.#onRetry?.(retry);
  }

  /** Nothing more happens to the blob in this copy. */
  end(state: BlobState): void {
    this.#ended = { state, at: performance.now() };
  }

  report(): BlobReport {
    const { blob, way, upload, ranges, retries } = this;
    const { state, at } = this.#ended ?? { state: "under-way", at: performance.now() };
    const rung = (this.rung === "copied" || this.rung === "sibling") && this.#bytes.resumed > 0 ? "resumed" : this.rung;
    return {
      digest: blob.digest,
      size: blob.size,
      state,
      rung,
      way,
      from: this.#from,
      upload,
      ranges,
      retries,
      ...this.#bytes,
      milliseconds: Math.round(at - this.#startedAt),
    };
  }
}
