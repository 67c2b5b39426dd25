import { type Agreement, type Arrival, isSamePlace, type RepositoryPlace } from "@transship/model";

/** What is remembered of a tag in two places. */
export interface Remembered {
  readonly source: RepositoryPlace;
  readonly target: RepositoryPlace;
  /** What a rule brought to the tag at the source, and at the target, last. */
  readonly atSource?: Arrival | undefined;
  readonly atTarget?: Arrival | undefined;
  /** When both were last seen to be equal. */
  readonly agreed?: Agreement | undefined;
}

/** What each side of a tag is known to have had. */
export interface Known {
  /** What both had last; undefined = nothing is known that both had. */
  readonly base: string | undefined;
  readonly atSource: ReadonlySet<string>;
  readonly atTarget: ReadonlySet<string>;
}

/**
 * Works out what both sides had last: the newest of what was brought from one to the other and what was seen on both. What came to one side from somewhere else
 * since, that side had too. Older memories say nothing: a tag may be moved back.
 */
export function knownOf({ source, target, atSource, atTarget, agreed }: Remembered): Known {
  const fromSource = atTarget !== undefined && isFrom(atTarget, source);
  const fromTarget = atSource !== undefined && isFrom(atSource, target);
  const base = newest([agreed, fromSource ? atTarget : undefined, fromTarget ? atSource : undefined]);
  const had = (arrival: Arrival | undefined) => (arrival !== undefined && arrival.at > (base?.at ?? "") ? [arrival.digest] : []);
  const common = base === undefined ? [] : [base.digest];
  return {
    base: base?.digest,
    atSource: new Set([...common, ...(fromTarget ? [] : had(atSource))]),
    atTarget: new Set([...common, ...(fromSource ? [] : had(atTarget))]),
  };
}

function isFrom({ source }: Arrival, place: RepositoryPlace): boolean {
  return isSamePlace(source, place);
}

/** The newest of some memories; undefined where two of one moment differ, since nobody knows which came last. */
function newest(memories: readonly (Agreement | undefined)[]): Agreement | undefined {
  let last: Agreement | undefined;
  let unsure = false;
  for (const one of memories) {
    if (one === undefined || (last !== undefined && one.at < last.at)) continue;
    unsure = last !== undefined && one.at === last.at && (unsure || one.digest !== last.digest);
    last = one;
  }
  return unsure ? undefined : last;
}
