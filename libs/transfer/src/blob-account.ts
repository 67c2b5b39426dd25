import type { BlobReport, BlobState, ByteCounts, Rung, UploadWay, Way } from "@transship/model";
import type { Blob } from "./blob.ts";
import type { Tally } from "./tally.ts";

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
  readonly #startedAt = performance.now();
  readonly #bytes = { copied: 0, resumed: 0, wasted: 0 };
  #ended: { readonly state: BlobState; readonly at: number } | undefined;

  constructor(blob: Blob, tally: Tally) {
    this.blob = blob;
    this.#tally = tally;
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

  /** A request has to be repeated. */
  retried(): void {
    this.retries += 1;
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
