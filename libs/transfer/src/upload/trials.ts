import { type FailedRequest, isRefusal, lessonOfFailure } from "./lesson-of-failure.ts";
import { goAlike, type Lesson, type UploadProfile } from "./upload-profile.ts";
import type { UploadProfiles } from "./upload-profiles.ts";

/** Attempts that one blob gets at once because the one before taught something; more is a registry that plays with us, and gets the usual pauses. */
const MOST_AT_ONCE = 16;

/** The attempts to upload one blob: what failed teaches how the registry takes blobs, and a lesson is tried out without a pause. */
export class Trials {
  readonly #uploads: UploadProfiles;
  readonly #registry: string;
  #used: UploadProfile;
  /** Where the attempt before was refused; undefined where it failed in another way. */
  #refusedAt: string | undefined;
  /** Whether the attempt failed by the registry's no, which a lesson may explain; a lost answer or the source's failure has another cause. */
  #mayExplain = false;
  #atOnce = 0;

  constructor(uploads: UploadProfiles, registry: string) {
    this.#uploads = uploads;
    this.#registry = registry;
    this.#used = uploads.of(registry);
  }

  /** The profile by which an attempt goes that begins now. */
  begin(): UploadProfile {
    this.#used = this.#uploads.of(this.#registry);
    return this.#used;
  }

  learn(lesson: Lesson): void {
    this.#uploads.learn(this.#registry, lesson);
  }

  /** A request failed. Failures of the source must not be told here: they say nothing of the target. */
  failed(error: unknown, request: Omit<FailedRequest, "again">): void {
    const point = `${request.request} ${request.start === 0 ? "first" : "later"}`;
    const again = this.#refusedAt === point;
    this.#mayExplain = isRefusal(error);
    this.#refusedAt = this.#mayExplain ? point : undefined;
    // What was learned during the attempt may be all that it failed by: the next one shows.
    if (!isRefusal(error) || this.#isOutdated) return;
    const lesson = lessonOfFailure(error, { ...request, again });
    if (lesson !== undefined) this.learn(lesson);
  }

  /** Whether the attempt was refused and the registry is known better than when it began, so that the next one goes another way, at once. */
  wiser(): boolean {
    const explained = this.#mayExplain && this.#isOutdated;
    this.#mayExplain = false;
    if (!explained || this.#atOnce >= MOST_AT_ONCE) return false;
    this.#atOnce += 1;
    return true;
  }

  get #isOutdated(): boolean {
    return !goAlike(this.#uploads.of(this.#registry), this.#used);
  }
}
