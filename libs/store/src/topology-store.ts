import type { AgentDocument, Instance, Replication, Resource, ResourceKind, Rule, Webhook } from "@transship/model";

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

/** What is known of an edge of a replication. Moments are ISO 8601, UTC. */
export interface EdgeRecord {
  readonly replication: string;
  readonly replica: string;
  readonly source: string;
  /** Since when it leads from this source to this replica. */
  readonly createdAt: string;
  /** When a run of everything first succeeded since then; undefined = not yet. */
  readonly filledAt: string | undefined;
  /** Since when its replica lacks something that was tried and failed; undefined = nothing. */
  readonly failingSince: string | undefined;
  /** When everything is tried again because of that. */
  readonly repairAt: string | undefined;
}

/** Instances, rules, replications, webhooks, and what is said of agents. */
export interface TopologyStore {
  /**
   * Applies all changes or none. Throws `NOT_FOUND` for a deleted name that is not there, and for a rule whose instance is neither stored nor part of the
   * changes (so for replications); `CONFLICT` when an instance is deleted that a remaining rule or replication names (the message names them), or a rule that has
   * an unfinished execution. Executions of edges that are no more are the caller's to stop.
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
  /** All replications by name. */
  listReplications(): Promise<Replication[]>;
  /** Throws `NOT_FOUND`. */
  getReplication(name: string): Promise<Replication>;
  /** Throws `NOT_FOUND`. */
  setReplicationEnabled(name: string, enabled: boolean, now: Date): Promise<Replication>;
  /** How the edges of replications do: of all, or of one. */
  listEdges(replication?: string): Promise<EdgeRecord[]>;
  /** Has edges that are failing tried again now: what they lacked may be there. True where any waited. */
  repairNow(now: Date): Promise<boolean>;
  /** Everything that executions can be of: rules by name, then the edges of replications as rules. */
  listRunnables(): Promise<Rule[]>;
  /** A rule, or an edge by its name. Throws `NOT_FOUND`. */
  getRunnable(name: string): Promise<Rule>;
  /** All webhooks by name. */
  listWebhooks(): Promise<Webhook[]>;
  /** Throws `NOT_FOUND`. */
  getWebhook(name: string): Promise<Webhook>;
  /** All documents of agents by name; the agents themselves are in the agent store. */
  listAgentDocuments(): Promise<AgentDocument[]>;
  /** Throws `NOT_FOUND`. */
  setRuleEnabled(name: string, enabled: boolean, now: Date): Promise<Rule>;
  /**
   * Calls `changed` after each change that was kept, before the call that made it returns; where several control planes share the database, after those of the others
   * too. For those who keep what they read: it is old from then on. Ends when disposed.
   */
  watch(changed: () => void): Disposable;
}
