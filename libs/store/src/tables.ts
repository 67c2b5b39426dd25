import type { ErrorCode } from "@transship/errors";
import type {
  AgentState,
  DriftKind,
  DriftReason,
  EventType,
  ExecutionState,
  LogLevel,
  Overwrite,
  Rung,
  ScopeAction,
  TaskLeg,
  TaskOperation,
  TaskState,
  Trigger,
} from "@transship/model";
import type { Generated, Insertable, Selectable } from "kysely";

/*
 * Conventions of every table: moments are ISO 8601 text in UTC with milliseconds, so that they sort as text; documents are JSON text; `seq` numbers rows in
 * the order in which they were added.
 */

interface ResourceTable {
  name: string;
  labels: string;
  spec: string;
  created_at: string;
  updated_at: string;
}

/** Which instances a rule names: what keeps an instance from being deleted under a rule. */
interface RuleInstanceTable {
  rule: string;
  instance: string;
}

/** The edges of replications, one a replica: how they do. */
interface ReplicationEdgeTable {
  replication: string;
  replica: string;
  source: string;
  created_at: string;
  /** When a run of everything first succeeded. */
  filled_at: string | null;
  /** Runs in a row that did not bring everything over, and since when. */
  failures: Generated<number>;
  failing_since: string | null;
  /** When all of it is tried again. */
  repair_at: string | null;
}

interface AgentTable {
  name: string;
  region: string;
  border: string | null;
  networks: string;
  state: AgentState;
  version: string;
  slots: number;
  last_seen_at: string | null;
  created_at: string;
  /** Why an agent without a stream is no news: it was drained before (`planned`), or its loss was told (`told`). */
  absence: string | null;
  /** Those that its process says. */
  labels: Generated<string>;
  host: Generated<string>;
  /** The process that connected last; null = it ended, or is of a version that does not say. */
  run: string | null;
  /** Where that process is: its data directory, on its machine since that booted. */
  home: string | null;
  /** The process that was told to drain: the next one of the name takes work again. */
  drained_run: string | null;
}

interface AgentTokenTable {
  token_hash: string;
  agent: string;
  expires_at: string | null;
  created_at: string;
  /** Kept so that who has it can be told what happened; it lets nobody in. */
  revoked_at: string | null;
}

/** Executions outlive the rule that they are of: `rule` is a name, not a reference. */
interface ExecutionTable {
  seq: Generated<number>;
  id: string;
  rule: string;
  trigger_kind: Trigger;
  state: ExecutionState;
  retry_of: string | null;
  /** The saved plan whose items are its tasks. Executions outlive plans. */
  plan_id: string | null;
  /** 1 = it looks only at what `execution_scopes` has of it. */
  scoped: Generated<number>;
  hops: Generated<number>;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  unchanged: number;
  repositories: number;
  failure: string | null;
  deleted: Generated<number>;
  conflicts: Generated<number>;
  /** 1 = the rule's source wins wherever both sides moved. */
  settle: Generated<number>;
}

/** What a scoped execution looks at. */
interface ExecutionScopeTable {
  execution_id: string;
  repository: string;
  /** Empty = the whole repository. */
  tag: string;
  digest: string | null;
  action: ScopeAction;
}

/** When a rule ran and is to run next without being asked. */
interface RuleTriggerTable {
  rule: string;
  /** The schedule that `next_at` was worked out from. */
  schedule: string | null;
  next_at: string | null;
  last_due_at: string | null;
  missed: Generated<number>;
  last_missed_at: string | null;
  last_full_at: string | null;
  last_event_at: string | null;
  last_event: string | null;
}

/** Numbers of a task that are summed up for its execution. */
export interface TaskNumbers {
  total_bytes: number;
  done_bytes: number;
  fetched_bytes: number;
  copied: number;
  mounted: number;
  existing: number;
  resumed: number;
  wasted: number;
}

/** The tasks of an execution in one state, summed up. Kept in step with `tasks` in the same transaction. */
interface ExecutionSumTable extends TaskNumbers {
  execution_id: string;
  state: TaskState;
  tasks: number;
}

/** The blobs of one rung of an execution, over all attempts that ended. Added to in the transaction that ends an attempt. */
interface ExecutionBlobTable {
  execution_id: string;
  rung: Rung;
  blobs: number;
  bytes: number;
  retries: number;
}

/** Tasks outlive the instances and agents that they name. */
interface TaskTable extends TaskNumbers {
  seq: Generated<number>;
  id: string;
  execution_id: string;
  source_instance: string;
  source_repository: string;
  source_tag: string;
  target_instance: string;
  target_repository: string;
  target_tag: string;
  digest: string;
  overwrite: Overwrite;
  state: TaskState;
  epoch: number;
  agent: string | null;
  placement: string | null;
  /** JSON: by which endpoints the agent goes. */
  path: string | null;
  leg: Generated<TaskLeg>;
  /** The place at the relay; null = the rule names none. */
  via_instance: string | null;
  via_repository: string | null;
  via_tag: string | null;
  /** 1 = the first hop has brought it there. */
  at_relay: Generated<number>;
  /** JSON: how it came there. */
  first_hop: string | null;
  /** Set exactly while an agent holds the task. */
  lease_until: string | null;
  attempts: number;
  next_attempt_at: string | null;
  /** Set exactly while the task waits for an agent: since when, or from when on, it may be leased. */
  ready_at: string | null;
  failure: string | null;
  skip_reason: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  /** Blob reports; read for one task only, since they are by far the longest column. */
  blobs: Generated<string>;
  /** The blobs of all attempts that ended, by rung. */
  blob_sums: Generated<string>;
  operation: Generated<TaskOperation>;
  expected: string | null;
  /** Separated by commas; null = all. */
  platforms: string | null;
  /** 1 = true. */
  refill: Generated<number>;
  note: string | null;
  /** The data directory, on a machine since its boot, of the process that has or last had the lease; null = not known. */
  home: string | null;
  /** The rule that leads back from the target; null = none, or it is not looked at. */
  facing: string | null;
}

/** What a rule brought to a tag of a target. Outlives the rule and the instances that it names. */
interface ArrivalTable {
  target_instance: string;
  target_repository: string;
  target_tag: string;
  digest: string;
  rule: string;
  source_instance: string;
  source_repository: string;
  /** Separated by commas; null = all. */
  platforms: string | null;
  at: string;
}

/** What both places of a tag were last seen to have, between which rules lead both ways. */
interface AgreementTable {
  /** `pairKey` of the model. */
  pair: string;
  digest: string;
  at: string;
}

/** Tags that moved on both sides and that nothing settled yet. */
interface ConflictTable {
  pair: string;
  /** What both sides have, as JSON in the order of their names. */
  digests: string;
  /** The rule that found it. */
  rule: string;
  since: string;
}

/** Outcomes that were applied: what makes a report that is delivered twice a no-op. */
interface TaskReportTable {
  task_id: string;
  epoch: number;
}

interface PlanTable {
  seq: Generated<number>;
  id: string;
  rule: string;
  rule_spec: string;
  created_at: string;
  /** Null until all of it is saved. */
  summary: string | null;
}

interface PlanPageTable {
  plan_id: string;
  page: number;
  /** JSON, compressed with gzip. */
  items: Uint8Array;
}

/** What happened in executions. */
interface LogLineTable {
  execution_id: string;
  /** Place in the log of the execution. */
  seq: number;
  task_id: string | null;
  at: string;
  level: LogLevel;
  source: string;
  code: ErrorCode | null;
  message: string;
  fields: string;
}

/** How much log an execution has; kept in step with `log_lines` in the same transaction. */
interface ExecutionLogTable {
  execution_id: string;
  next_seq: number;
  lines: number;
  /** Lines that made room for others. */
  removed: number;
}

/** Up to where the lines of an agent's process are stored. */
interface LogCursorTable {
  agent: string;
  run: string;
  number: number;
}

/** An event that waits to be told to a webhook. */
interface DeliveryTable {
  seq: Generated<number>;
  webhook: string;
  event_id: string;
  type: EventType;
  body: string;
  created_at: string;
}

/** What the last check of a replica came to. */
interface DriftCheckTable {
  subject_kind: "replication" | "rule";
  subject: string;
  replica: string;
  checked_at: string;
  equal: number;
  missing: number;
  different: number;
  extra: number;
  behind_since: string | null;
}

/** The differences that the last check of a replica found, the first `MOST_DRIFT_ITEMS` of them. */
interface DriftItemTable {
  subject_kind: "replication" | "rule";
  subject: string;
  replica: string;
  repository: string;
  tag: string;
  kind: DriftKind;
  source_repository: string;
  digest: string | null;
  at_replica: string | null;
  since: string;
  reason: DriftReason;
  explanation: string;
  edge: string;
  task_id: string | null;
  execution_id: string | null;
  code: string | null;
}

/** How telling a webhook goes. */
interface WebhookStateTable {
  webhook: string;
  /** Attempts that failed in a row. */
  failures: Generated<number>;
  /** Nothing is sent before. */
  retry_at: string | null;
  delivered_at: string | null;
  failed_at: string | null;
  failure: string | null;
  given_up: Generated<number>;
  dropped: Generated<number>;
}

/** All tables. */
export interface Tables {
  instances: ResourceTable;
  rules: ResourceTable;
  replications: ResourceTable;
  replication_edges: ReplicationEdgeTable;
  webhooks: ResourceTable;
  agent_documents: ResourceTable;
  rule_instances: RuleInstanceTable;
  agents: AgentTable;
  agent_tokens: AgentTokenTable;
  executions: ExecutionTable;
  execution_sums: ExecutionSumTable;
  execution_blobs: ExecutionBlobTable;
  execution_scopes: ExecutionScopeTable;
  rule_triggers: RuleTriggerTable;
  deliveries: DeliveryTable;
  webhook_states: WebhookStateTable;
  tasks: TaskTable;
  task_reports: TaskReportTable;
  plans: PlanTable;
  plan_pages: PlanPageTable;
  arrivals: ArrivalTable;
  agreements: AgreementTable;
  conflicts: ConflictTable;
  drift_checks: DriftCheckTable;
  drift_items: DriftItemTable;
  log_lines: LogLineTable;
  execution_logs: ExecutionLogTable;
  log_cursors: LogCursorTable;
}

export type ReplicationEdgeRow = Selectable<ReplicationEdgeTable>;
export type ResourceRow = Selectable<ResourceTable>;
export type AgentRow = Selectable<AgentTable>;
export type ExecutionRow = Selectable<ExecutionTable>;
export type RuleTriggerRow = Selectable<RuleTriggerTable>;
export type ExecutionSumRow = Selectable<ExecutionSumTable>;
export type TaskRow = Selectable<TaskTable>;
export type DriftCheckRow = Selectable<DriftCheckTable>;
export type DriftItemRow = Selectable<DriftItemTable>;
export type ArrivalRow = Selectable<ArrivalTable>;
export type NewTaskRow = Insertable<TaskTable>;
