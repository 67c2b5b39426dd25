export type { AgentHello, AgentProcess, AgentStore } from "./agent-store.ts";
export type { ArrivalStore, HeldArtifact } from "./arrival-store.ts";
export type { Delivery, DeliveryStore, FailedAttempt, OutgoingEvent, WebhookState } from "./delivery-store.ts";
export type { DriftStore } from "./drift-store.ts";
export type { ExecutionStore, OpenOutcome, OpenRequest, TellEnd } from "./execution-store.ts";
export type { LogBatch, LogCursor, LogFilter, LogStore } from "./log-store.ts";
export type { PairStore, TellConflicts } from "./pair-store.ts";
export type { PlanStore, PlanSums, SavedItem, SavedPlan } from "./plan-store.ts";
export { DATABASE_FILE, openSqliteStore, type SqlitePlace } from "./sqlite/open-sqlite-store.ts";
export type { Page, Store } from "./store.ts";
export type {
  AttemptCost,
  AttemptOutcome,
  AttemptReport,
  Claim,
  ClaimedPair,
  HeldTask,
  LeaseKey,
  NewTask,
  PlacedTask,
  Progressed,
  ProgressReport,
  Reported,
  ReportedExecution,
  ReportResult,
  TaskStore,
  WaitingPair,
  WaitingWork,
} from "./task-store.ts";
export type { AppliedChange, ApplyOutcome, EdgeRecord, TopologyChange, TopologyStore } from "./topology-store.ts";
export type { RuleTriggers, ScheduleStep, TriggerStore } from "./trigger-store.ts";
