import type { BlobPlace } from "../journal.ts";

/** So many wrong guesses in a row and a repository is asked for nothing for a while: it was emptied, or has little in common with what is copied. */
const MISSES = 4;
/** How long that is, and how long it is believed that a repository lacks a blob, in milliseconds. */
const DOUBTED_MS = 60_000;
/** Blobs and repositories that are remembered, of each the newest; others are asked again. */
const REMEMBERED = 10_000;

/** Guesses that were wrong lately: each cost a request, and the same one is not made twice. */
export class Doubts {
  readonly #lackingUntil = new Map<string, number>();
  readonly #streaks = new Map<string, { readonly misses: number; readonly until: number }>();
  readonly #now: () => number;

  /** `now`: milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether asking a repository for a blob is likely to be in vain. */
  has(place: BlobPlace): boolean {
    const now = this.#now();
    return (this.#lackingUntil.get(blobOf(place)) ?? 0) > now || (this.#streaks.get(repositoryOf(place))?.until ?? 0) > now;
  }

  /** The repository said that it lacks the blob. */
  missed(place: BlobPlace): void {
    const until = this.#now() + DOUBTED_MS;
    remember(this.#lackingUntil, blobOf(place), until);
    const before = this.#streaks.get(repositoryOf(place)) ?? { misses: 0, until: 0 };
    const misses = before.misses + 1;
    // Questions that were under way may be answered after doubt began.
    remember(this.#streaks, repositoryOf(place), misses < MISSES ? { misses, until: before.until } : { misses: 0, until });
  }

  /** The repository has the blob, so guesses at it are worth making. */
  confirmed(place: BlobPlace): void {
    this.#lackingUntil.delete(blobOf(place));
    this.#streaks.delete(repositoryOf(place));
  }
}

function repositoryOf({ registry, repository }: BlobPlace): string {
  return `${registry} ${repository}`;
}

function blobOf(place: BlobPlace): string {
  return `${repositoryOf(place)} ${place.digest}`;
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
}
