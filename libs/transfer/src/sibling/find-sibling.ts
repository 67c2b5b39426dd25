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
 * The nearest sibling that has a blob: of those whose repositories were seen with it, and that are nearer than the source, the first that says so when it is asked.
 * A wrong guess costs one request and corrects the journal. Undefined where the source is as good.
 */
export async function findSibling(blob: Blob, journey: Journey): Promise<SiblingSource | undefined> {
  let tries = 0;
  for (const guess of byDistance(guesses(blob, journey), journey)) {
    if (tries === TRIES) break;
    const answer = await ask(guess, journey);
    if (answer === "farther") continue;
    tries += 1;
    if (answer === "has") return sourceOf(guess, journey);
    if (answer === "failed") journey.shunned.add(guess.place.registry);
    else journey.journal.missedBlob(guess.place);
  }
  return undefined;
}

/** Whether a sibling is known to be so much nearer than the source that bytes on their way to it are worth waiting for. */
export function isNearer(registry: string, { paths, source, shunned }: Pick<Journey, "paths" | "source" | "shunned">): boolean {
  const own = paths.rttMs(registry);
  const far = paths.rttMs(source.registry);
  return own !== undefined && far !== undefined && own <= far * NEARER_SHARE && own <= far - NEARER_MS && !shunned.has(registry);
}

/** A repository that was seen with the blob. */
interface Guess {
  readonly sibling: Sibling;
  readonly repository: Repository;
  readonly place: BlobPlace;
}

function guesses({ digest }: Blob, { siblings, source, target, journal }: Journey): Guess[] {
  return siblings.flatMap((sibling) => {
    const registry = sibling.registry.origin;
    if (registry === source.registry) return [];
    const seen = journal.repositoriesWith(registry, digest).filter((name) => registry !== target.registry || name !== target.name);
    return seen.map((repository) => ({
      sibling,
      repository: sibling.registry.repository(repository),
      place: { registry, repository, digest },
    }));
  });
}

/** Known distances first, the nearest of them first; what is not known yet keeps its order. */
function byDistance(unsorted: Guess[], { paths }: Journey): Guess[] {
  const distance = ({ place }: Guess) => paths.rttMs(place.registry) ?? Number.MAX_VALUE;
  return unsorted.sort((a, b) => distance(a) - distance(b));
}

/** The first question to a registry is asked twice, since it also measures the way there. */
async function ask({ repository, place }: Guess, journey: Journey): Promise<"has" | "lacks" | "farther" | "failed"> {
  const { paths, signal, shunned } = journey;
  if (shunned.has(place.registry) || paths.rttMs(journey.source.registry) === undefined) return "farther";
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  let has: boolean | undefined;
  let asked = false;
  const head = async () => {
    asked = true;
    has = await repository.hasBlob(place.digest as Blob["digest"], { signal: inTime });
  };
  try {
    if (paths.rttMs(place.registry) === undefined) await paths.measure(place.registry, head);
    signal.throwIfAborted();
    // Another copy's question measures the way for all who wait; that copy being stopped says nothing of the sibling.
    if (paths.rttMs(place.registry) === undefined) return asked ? "failed" : "farther";
    if (!isNearer(place.registry, journey)) return "farther";
    if (has === undefined) await head();
    return has === true ? "has" : "lacks";
  } catch {
    signal.throwIfAborted();
    return "failed";
  }
}

/** A sibling that fails is shunned for a while; what it has of the blob is not believed any more. */
function sourceOf({ sibling, repository, place }: Guess, { journal, shunned }: Journey): SiblingSource {
  return new SiblingSource(sibling.name, repository, () => {
    journal.missedBlob(place);
    shunned.add(place.registry);
  });
}
