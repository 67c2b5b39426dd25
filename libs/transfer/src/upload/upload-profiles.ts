import type { Journal } from "../journal.ts";
import { type Lesson, learn, UNTRIED, type UploadProfile } from "./upload-profile.ts";

/** After so many milliseconds a registry is tried afresh: it may have been upgraded, or a lesson have been an accident of the network. */
const AGED_MS = 7 * 24 * 3_600_000;

/** The profiles of registries, kept in the journal across processes. */
export class UploadProfiles {
  readonly #journal: Journal;
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly profile: UploadProfile; readonly learnedAt: number }>();

  /** `now`: milliseconds since the epoch. */
  constructor(journal: Journal, now: () => number = Date.now) {
    this.#journal = journal;
    this.#now = now;
  }

  /** What is known of a registry; the same object until something is learned. */
  of(registry: string): UploadProfile {
    const known = this.#known.get(registry) ?? this.#journal.uploadProfile(registry);
    const age = known === undefined ? 0 : this.#now() - known.learnedAt;
    // A clock that was set back makes what is from the future no younger.
    if (known === undefined || age > AGED_MS || age < -AGED_MS) return UNTRIED;
    this.#known.set(registry, known);
    return known.profile;
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
