/** A repository of an instance. */
export interface RepositoryPlace {
  readonly instance: string;
  readonly repository: string;
}

/** A tag in two places between which rules lead both ways. Which of the two is the first says nothing. */
export interface TagPair {
  readonly places: readonly [RepositoryPlace, RepositoryPlace];
  readonly tag: string;
}

/** What both places of a pair had at one moment. */
export interface Agreement {
  readonly digest: string;
  /** ISO 8601. */
  readonly at: string;
}

/** A tag that moved on both sides, as a rule found it. */
export interface TagConflict {
  readonly source: RepositoryPlace;
  readonly target: RepositoryPlace;
  readonly tag: string;
  readonly atSource: string;
  readonly atTarget: string;
  /** What both had last; undefined = nothing is known that both had. */
  readonly base: string | undefined;
}

/** Whether two places are the same. */
export function isSamePlace(a: RepositoryPlace, b: RepositoryPlace): boolean {
  return a.instance === b.instance && a.repository === b.repository;
}

/** One text for a pair, whichever of its places is named first. */
export function pairKey({ places, tag }: TagPair): string {
  const names = places.map(({ instance, repository }) => `${instance}/${repository}`).sort();
  return JSON.stringify([...names, tag]);
}
