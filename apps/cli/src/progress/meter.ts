import { movedBytes, type Pace, type Snapshot } from "./progress-text.ts";
import { Rate } from "./rate.ts";

/** Measures how fast an execution goes, from what is seen of it. */
export class Meter {
  readonly #fetching: Rate;
  readonly #moving: Rate;

  /** @param windowMs over how much of the past, in milliseconds */
  constructor(windowMs?: number) {
    this.#fetching = new Rate(windowMs);
    this.#moving = new Rate(windowMs);
  }

  /** Notes what is seen at a moment, in milliseconds of any clock that only goes forward. */
  add(now: Snapshot, at: number): void {
    this.#fetching.add(now.bytes.copied, at);
    this.#moving.add(movedBytes(now), at);
  }

  /** The pace of the last seconds; zeros where nothing is copied yet. */
  pace({ state }: Pick<Snapshot, "state">): Pace {
    if (state !== "copying") return { fetching: 0, moving: 0 };
    return { fetching: this.#fetching.perSecond(), moving: this.#moving.perSecond() };
  }
}
