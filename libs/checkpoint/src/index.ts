export { type Checkpoint, type CheckpointPlace, openCheckpoint } from "./checkpoint.ts";
export type { Outbox, PendingReport, ReportedLease } from "./outbox.ts";
