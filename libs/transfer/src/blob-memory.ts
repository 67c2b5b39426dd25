import type { BlobPlace } from "./journal.ts";

/** How long a repository's word that it has a blob is believed without asking again, in milliseconds. */
const BELIEVED_MS = 10 * 60_000;
/** Places that are remembered; the oldest make way. */
const CAPACITY = 100_000;

/** Which repositories confirmed which blobs to this process: spares asking again for the blobs that images share. Corrected when a registry says otherwise. */
export class BlobMemory {
  readonly #confirmedAt = new Map<string, number>();

  confirmed(place: BlobPlace): boolean {
    const at = this.#confirmedAt.get(keyOf(place));
    return at !== undefined && performance.now() - at < BELIEVED_MS;
  }

  confirm(place: BlobPlace): void {
    const key = keyOf(place);
    this.#confirmedAt.delete(key);
    this.#confirmedAt.set(key, performance.now());
    if (this.#confirmedAt.size <= CAPACITY) return;
    for (const oldest of this.#confirmedAt.keys()) {
      this.#confirmedAt.delete(oldest);
      break;
    }
  }

  forget(place: BlobPlace): void {
    this.#confirmedAt.delete(keyOf(place));
  }
}

function keyOf(place: BlobPlace): string {
  return `${place.registry} ${place.repository} ${place.digest}`;
}
