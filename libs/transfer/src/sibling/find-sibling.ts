import type { Repository } from "@transship/oci";
import type { Blob } from "../blob.ts";
import type { BlobPlace } from "../journal.ts";
import type { Journey } from "../journey.ts";
import type { Sibling } from "./sibling.ts";
import { SiblingSource } from "./sibling-source.ts";

/** Repositories that are asked before the source is taken after all. */
const TRIES = 2;
/** A sibling is nearer when its round trip is both so much shorter than the source's, as a share and in milliseconds: a difference that is not noise. */
const NEARER_SHARE = 0.75;
const NEARER_MS = 5;
/** A sibling that does not answer within so many milliseconds is none. */
const ANSWER_MS = 2_000;

/**
 * The nearest sibling that has a blob: of those that may have it, by what was seen or is said of their repositories, and that are better to read from than the source,
 * the first that says so when it is asked. A wrong guess costs one request and is remembered. Undefined where the source is as good.
 */
export async function findSibling(blob: Blob, journey: Journey): Promise<SiblingSource | undefined> {
  const { journal, shunned, doubts, tell } = journey;
  let tries = 0;
  for (const guess of byDistance(guesses(blob, journey), journey)) {
    if (tries === TRIES) break;
    const answer = await ask(guess, journey);
    if (answer === "not asked") continue;
    tries += 1;
    if (answer === "failed") shunned.add(guess.place.registry);
    if (answer === "lacks") {
      journal.missedBlob(guess.place);
      doubts.missed(guess.place);
      tell({ kind: "wrong-guess", sibling: guess.sibling.name, place: guess.place });
    }
    if (answer !== "has") continue;
    journal.sawBlob(guess.place);
    doubts.confirmed(guess.place);
    return sourceOf(guess, journey);
  }
  return undefined;
}

/** Whether a sibling is known to be so much better to read from than the source that bytes on their way to it are worth waiting for: nearer, and not slow. */
export function isNearer(
  registry: string,
  { paths, paces, source, shunned }: Pick<Journey, "paths" | "paces" | "source" | "shunned">,
): boolean {
  const own = paths.rttMs(registry);
  const far = paths.rttMs(source.registry);
  if (own === undefined || far === undefined || shunned.has(registry)) return false;
  return own <= far * NEARER_SHARE && own <= far - NEARER_MS && !paces.isTooSlow(registry, paths.rate(source.registry));
}

/** A repository that may have the blob. */
interface Guess {
  readonly sibling: Sibling;
  readonly repository: Repository;
  readonly place: BlobPlace;
}

/** What was seen before what is only said. */
function guesses({ digest }: Blob, { siblings, source, target, journal, doubts }: Journey): Guess[] {
  return siblings.flatMap((sibling) => {
    const registry = sibling.registry.origin;
    if (registry === source.registry) return [];
    const seen = new Set([...journal.repositoriesWith(registry, digest), ...(sibling.holds ?? [])]);
    const places = [...seen].map((repository) => ({ registry, repository, digest }));
    return places
      .filter((place) => !doubts.has(place) && (registry !== target.registry || place.repository !== target.name))
      .map((place) => ({ sibling, repository: sibling.registry.repository(place.repository), place }));
  });
}

/** Known distances first, the nearest of them first; what is not known yet keeps its order. */
function byDistance(unsorted: Guess[], { paths }: Journey): Guess[] {
  const distance = ({ place }: Guess) => paths.rttMs(place.registry) ?? Number.MAX_VALUE;
  return unsorted.sort((a, b) => distance(a) - distance(b));
}

/** The first registry that has a blob is asked twice, since that also measures the way there; one that lacks it, once. */
async function ask(guess: Guess, journey: Journey): Promise<"has" | "lacks" | "not asked" | "failed"> {
  const { paths, signal, doubts } = journey;
  const { registry } = guess.place;
  // Nothing is nearer than a source next door, so that is not worth a measurement.
  if ((paths.rttMs(journey.source.registry) ?? 0) <= NEARER_MS) return "not asked";
  const question = new Question(guess, signal);
  try {
    // Others may be measuring the way; where they did not come to an end, because the blob that they asked for is not there, this one does it.
    while (paths.rttMs(registry) === undefined && !question.asked) {
      if (journey.shunned.has(registry) || doubts.has(guess.place)) return "not asked";
      await paths.measure(registry, () => question.insist());
      signal.throwIfAborted();
    }
    if (question.has === false) return "lacks";
    if (paths.rttMs(registry) === undefined) return "failed";
    if (!isNearer(registry, journey)) return "not asked";
    if (question.has === undefined) await question.ask();
    return question.has === true ? "has" : "lacks";
  } catch {
    signal.throwIfAborted();
    return "failed";
  }
}

/** Whether a repository has a blob; what it does not say soon, it does not say. */
class Question {
  asked = false;
  has: boolean | undefined;
  readonly #guess: Guess;
  readonly #signal: AbortSignal;

  constructor(guess: Guess, signal: AbortSignal) {
    this.#guess = guess;
    this.#signal = signal;
  }

  async ask(): Promise<void> {
    this.asked = true;
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(ANSWER_MS)]);
    this.has = await this.#guess.repository.hasBlob(this.#guess.place.digest as Blob["digest"], { signal });
  }

  /** Rejects where the repository lacks the blob. */
  async insist(): Promise<void> {
    await this.ask();
    if (this.has === false) throw new Error("the guess was wrong");
  }
}

/** A sibling that fails is shunned for a while, and what it has of the blob is not believed any more. How slow one is, its pace tells. */
function sourceOf({ sibling, repository, place }: Guess, journey: Journey): SiblingSource {
  const { journal, shunned, doubts, paces, paths, source, tell } = journey;
  return new SiblingSource(sibling.name, repository, {
    left: (why, because) => {
      tell({ kind: "sibling-left", sibling: sibling.name, place, why: why instanceof Error ? why.message : String(why) });
      if (because === "slow") return;
      journal.missedBlob(place);
      doubts.missed(place);
      shunned.add(place.registry);
    },
    wait: () => paces.wait(place.registry),
    tooSlow: () => paces.isTooSlow(place.registry, paths.rate(source.registry)),
  });
}
