/** Kinds of calls: small ones never wait for the bodies of blobs. */
export const LANES = ["small", "download", "upload"] as const;
export type Lane = (typeof LANES)[number];

/** Places beyond which no more are kept for small requests: they are over in a round trip. */
const MOST_KEPT = 4;

/**
 * The places of requests in flight. A quarter of them, at least one where there are two, is kept for small requests, but no more than four.
 *
 * An upload may wait for a download through the same gate (a copy within one instance), and holds its place meanwhile. When all places are held by such
 * uploads, one download gets a place beyond the limit, since nothing would ever end otherwise.
 */
export class Places {
  readonly #taken: Record<Lane, number> = { small: 0, download: 0, upload: 0 };
  #starving = 0;

  get taken(): number {
    return this.#taken.small + this.#bodies;
  }

  hasRoom(lane: Lane, limit: number): boolean {
    const kept = limit < 2 ? 0 : Math.max(1, Math.min(MOST_KEPT, Math.floor(limit / 4)));
    // After the limit fell, more bodies may be in flight than it allows; small requests do not wait for them even so.
    if (lane === "small") return this.taken < limit || this.#taken.small < kept;
    if (this.taken < limit && this.#bodies < limit - kept) return true;
    return lane === "download" && this.#starving > 0 && this.#starving === this.#bodies;
  }

  take(lane: Lane): void {
    this.#taken[lane] += 1;
  }

  free(lane: Lane): void {
    this.#taken[lane] -= 1;
  }

  /** An upload in flight waits for its bytes, or no longer does. */
  starve(waiting: boolean): void {
    this.#starving += waiting ? 1 : -1;
  }

  get #bodies(): number {
    return this.#taken.download + this.#taken.upload;
  }
}
