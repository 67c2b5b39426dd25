export {
  type AgentNews,
  agentResourceFromMessage,
  agentResourceToMessage,
  agentStateFromMessage,
  agentToMessage,
} from "./agent-mapping.ts";
export { blobReportsFromMessages, blobReportToMessage, blobSumsFromMessages, blobSumsToMessages } from "./blob-report-mapping.ts";
export { type ControlPlaneClient, connectControlPlane, isLoopback, type ServerAccess } from "./client.ts";
export {
  driftCheckFromMessage,
  driftCheckToMessage,
  driftItemFromMessage,
  driftItemToMessage,
  driftSubjectFromMessage,
  driftSubjectToMessage,
} from "./drift-mapping.ts";
export { type ExecutionOutlook, executionStateFromMessage, executionStateToMessage, executionToMessage } from "./execution-mapping.ts";
export { explainUnreachable } from "./explain-unreachable.ts";
export { failureFromMessage, failureToError, failureToMessage, storedFailureToMessage } from "./failure-mapping.ts";
export { fromServiceError, toServiceError } from "./grpc-errors.ts";
export {
  credentialFromMessage,
  endpointFromMessage,
  endpointToMessage,
  instanceResourceFromMessage,
  instanceResourceToMessage,
  instanceToMessage,
  limitsFromMessage,
  limitsToMessage,
} from "./instance-mapping.ts";
export { logEntryFromMessage, logLevelFromMessage, logLevelToMessage, logLineToMessage } from "./log-mapping.ts";
export {
  edgeStateFromMessage,
  edgeStateToMessage,
  replicationResourceFromMessage,
  replicationResourceToMessage,
  storedReplicationToMessage,
} from "./replication-mapping.ts";
export { overwriteFromMessage, overwriteToMessage, ruleResourceFromMessage, ruleResourceToMessage, ruleToMessage } from "./rule-mapping.ts";
export { type ListingWishes, listTagsToMessage, selectionFromMessage } from "./selection-mapping.ts";
export {
  bytesFromMessage,
  progressFromMessage,
  progressToMessage,
  taskLegFromMessage,
  taskStateFromMessage,
  taskStateToMessage,
  taskToMessage,
} from "./task-mapping.ts";
export { taskOperationFromMessage, taskOperationToMessage } from "./task-terms-mapping.ts";
export { type WebhookDoings, webhookResourceFromMessage, webhookResourceToMessage, webhookToMessage } from "./webhook-mapping.ts";
/** The generated messages and services, by the noun of their proto file. */
export * as wire from "./wire.ts";
