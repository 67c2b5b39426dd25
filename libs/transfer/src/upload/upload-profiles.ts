import type { Journal, RememberedProfile } from "../journal.ts";
import { type Lesson, learn, UNTRIED, type UploadProfile } from "./upload-profile.ts";

/** After so many milliseconds a registry is tried afresh: it may have been upgraded, or a lesson have been an accident of the network. */
const AGED_MS = 7 * 24 * 3_600_000;

/** The profiles of registries, kept in the journal across processes. */
export class UploadProfiles {
  readonly #journal: Journal;
  readonly #now: () => number;
  /** What the journal says, read once a registry; undefined where it says nothing. */
  readonly #known = new Map<string, RememberedProfile | undefined>();

  /** `now`: milliseconds since the epoch. */
  constructor(journal: Journal, now: () => number = Date.now) {
    this.#journal = journal;
    this.#now = now;
  }

  /** What is known of a registry; the same object until something is learned. */
  of(registry: string): UploadProfile {
    if (!this.#known.has(registry)) this.#known.set(registry, this.#journal.uploadProfile(registry));
    const known = this.#known.get(registry);
    // A clock that was set back by more than that makes what is from the future no younger.
    return known === undefined || Math.abs(this.#now() - known.learnedAt) > AGED_MS ? UNTRIED : known.profile;
  }

  learn(registry: string, lesson: Lesson): void {
    const before = this.of(registry);
    const profile = learn(before, lesson);
    if (profile === before) return;
    const remembered = { profile, learnedAt: this.#now() };
    this.#known.set(registry, remembered);
    this.#journal.saveUploadProfile(registry, remembered);
  }
}
