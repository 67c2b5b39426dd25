import type { Arrival } from "@transship/model";

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
}
