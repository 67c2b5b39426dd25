import { factsNeeded, newestFirst, notNewest } from "@transship/planner";
import { inParallel } from "./in-parallel.ts";
import type { Judged, KnownTag, NamedTag } from "./list-repository.ts";
import type { Listing } from "./listing.ts";

/** What picking the newest needs. */
export interface Picking {
  readonly listing: Listing;
  /** How many of a repository. */
  readonly newest: number;
  readonly lookUps: number;
  /** Looks a tag up; empty where it is gone. */
  readonly judge: (name: NamedTag, signal: AbortSignal) => Promise<Judged[]>;
}

/** The newest tags that all other filters take. All names of the repository are read first; the tags are asked about only as far as it takes to find enough. */
export async function* pickNewest(named: AsyncIterable<NamedTag>, picking: Picking): AsyncGenerator<Judged[]> {
  const names: NamedTag[] = [];
  for await (const name of named) {
    if (name.refusal === undefined) names.push(name);
    else yield await picking.judge(name, picking.listing.signal);
  }
  const { newestBy } = picking.listing.selection.spec.tags ?? {};
  yield* newestBy === "pushed" ? pickByTime(names, picking) : pickByName(names, picking);
}

/** By names alone the order is known before anything is asked. */
async function* pickByName(names: NamedTag[], { listing, newest, lookUps, judge }: Picking): AsyncGenerator<Judged[]> {
  const { selection, signal } = listing;
  const { kind, time } = factsNeeded(selection);
  names.sort(newestFirst(selection));
  let picked = 0;
  let next = 0;
  while (next < names.length && picked < newest) {
    // Where facts may refuse a tag, some are asked about ahead, so that many refused ones do not take a round trip each.
    const size = kind || time ? Math.max(newest - picked, lookUps) : newest - picked;
    const some = names.slice(next, next + size);
    next += some.length;
    for await (const judged of inParallel(some, lookUps, signal, judge)) {
      yield judged.map((one) => ("refusal" in one || picked++ < newest ? one : { tag: one.tag, refusal: notNewest(selection, one.tag) }));
    }
  }
  if (listing.explain) yield names.slice(next).map(({ tag }) => ({ tag: { tag }, refusal: notNewest(selection, { tag }) }));
}

/** By time all of them must be asked about. */
async function* pickByTime(names: readonly NamedTag[], { listing, newest, lookUps, judge }: Picking): AsyncGenerator<Judged[]> {
  const { selection, signal } = listing;
  const known: KnownTag[] = [];
  for await (const judged of inParallel(names, lookUps, signal, judge)) {
    for (const one of judged) {
      if ("refusal" in one) yield [one];
      else known.push(one.tag);
    }
  }
  known.sort(newestFirst(selection));
  yield known.map((tag, index) => (index < newest ? { tag } : { tag, refusal: notNewest(selection, tag) }));
}
