import type { Instance, Resource, ResourceKind, Rule, Webhook } from "@transship/model";

/** What applying did to one resource. */
export type ApplyOutcome = "created" | "configured" | "unchanged" | "deleted";

/** One change of a topology: a document to apply, or a name to delete. */
export type TopologyChange = { readonly apply: Resource } | { readonly delete: { readonly kind: ResourceKind; readonly name: string } };

/** What became of one change, in the order of the changes. */
export interface AppliedChange {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly outcome: ApplyOutcome;
}

/** Instances, rules and webhooks. */
export interface TopologyStore {
  /**
   * Applies all changes or none. Throws `NOT_FOUND` for a deleted name that is not there, and for a rule whose instance is neither stored nor part of the
   * changes; `CONFLICT` when an instance is deleted that a remaining rule names (the message names the rules), or a rule that has an unfinished execution.
   * With `dryRun` nothing is kept, but the same is thrown and returned.
   */
  apply(changes: readonly TopologyChange[], options: { readonly now: Date; readonly dryRun?: boolean }): Promise<AppliedChange[]>;
  /** All instances by name. */
  listInstances(): Promise<Instance[]>;
  /** Throws `NOT_FOUND`. */
  getInstance(name: string): Promise<Instance>;
  /** All rules by name. */
  listRules(): Promise<Rule[]>;
  /** Throws `NOT_FOUND`. */
  getRule(name: string): Promise<Rule>;
  /** All webhooks by name. */
  listWebhooks(): Promise<Webhook[]>;
  /** Throws `NOT_FOUND`. */
  getWebhook(name: string): Promise<Webhook>;
  /** Throws `NOT_FOUND`. */
  setRuleEnabled(name: string, enabled: boolean, now: Date): Promise<Rule>;
  /**
   * Calls `changed` after each change that was kept, before the call that made it returns; where several control planes share the database, after those of the others
   * too. For those who keep what they read: it is old from then on. Ends when disposed.
   */
  watch(changed: () => void): Disposable;
}
