import type { Arrival, Holder } from "@transship/model";

/** What rules brought where. Written by `TaskStore.finish`, in the transaction that stores the outcome. */
export interface ArrivalStore {
  /** What was brought to given tags of an instance, by `repository:tag`; tags that no rule brought are missing. */
  at(instance: string, places: readonly { readonly repository: string; readonly tag: string }[]): Promise<Map<string, Arrival>>;
  /** Everything that was brought to given repositories of an instance, by whatever rule. */
  in(instance: string, repositories: readonly string[]): Promise<Arrival[]>;
  /** Pairs of repositories between which a rule brought something to an instance. */
  pairs(rule: string, instance: string): Promise<{ readonly source: string; readonly target: string }[]>;
  /** Whether the rule brought any index to the instance with chosen platforms only. */
  anyInPart(rule: string, instance: string): Promise<boolean>;
  /**
   * Who may have an artifact, by what was brought where: first those that it was brought to or from, then those that others of its source repository were brought to.
   * Each instance once; those of `near` are looked for first, of others a few dozen are found at most.
   */
  holders(artifact: HeldArtifact, near: readonly string[]): Promise<Holder[]>;
}

/** An artifact, by its digest and the repository that it is copied from. */
export interface HeldArtifact {
  readonly digest: string;
  readonly source: Holder;
}
