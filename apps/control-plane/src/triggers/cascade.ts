import type { ArtifactPlace } from "@transship/model";
import type { Logger } from "pino";
import type { HintFollower } from "./follow-hints.ts";
import type { Hint } from "./formats/hint.ts";

/**
 * Copies one after the other beyond which an arrival starts nothing. Equal digests end every circle of rules, and tags that move on several sides are judged by what
 * these had before; this is the backstop, e.g. for circles that leave through an instance which nobody here knows to be the same registry.
 */
export const MOST_HOPS = 16;

/** What arrived or was taken away somewhere is a hint for the rules that begin there. */
export class Cascade {
  readonly #follower: Pick<HintFollower, "follow">;
  readonly #log: Logger;

  constructor(follower: Pick<HintFollower, "follow">, log: Logger) {
    this.#follower = follower;
    this.#log = log;
  }

  /** Called after the arrival is stored, and does not wait. What a crash loses here, the rule's poll finds. */
  arrived(place: ArtifactPlace, digest: string, hops: number): void {
    this.#follow(place, digest, "push", hops);
  }

  /** Called after a tag was taken away, as {@link arrived}: rules and edges that begin there and propagate deletions take it away further on. */
  departed(place: ArtifactPlace, digest: string, hops: number): void {
    this.#follow(place, digest, "delete", hops);
  }

  #follow({ instance, repository, tag }: ArtifactPlace, digest: string, action: Hint["action"], hops: number): void {
    if (hops >= MOST_HOPS) {
      this.#log.warn(
        { instance, repository, tag, digest, hops },
        "an arrival after too many copies starts nothing; rules may be sending it around",
      );
      return;
    }
    const hint = { repository, tag, digest, action };
    this.#follower
      .follow({ instance, trigger: "cascade", hints: [hint], hops: hops + 1 })
      .catch((thrown: unknown) =>
        this.#log.error({ err: thrown, instance, repository, tag }, "an arrival started nothing; a poll will find it"),
      );
  }
}
