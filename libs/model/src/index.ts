export { type AddressClass, classifyAddress, isAddressLiteral } from "./address-class.ts";
export { AGENT_PRODUCT, type Agent, type AgentPlace } from "./agent.ts";
export { AGENT_TRANSITIONS, type AgentState } from "./agent-state.ts";
export { type Arrival, coversPlatforms } from "./arrival.ts";
export {
  addBlobSums,
  BLOB_STATES,
  type BlobReport,
  type BlobState,
  type BlobSums,
  largestBlobs,
  MOST_BLOB_REPORTS,
  NO_BLOBS,
  RUNGS,
  type Rung,
  type RungSum,
  retriesOf,
  sumBlobs,
  sumsOf,
  type UploadWay,
  type Way,
} from "./blob-report.ts";
export { bytesText } from "./bytes-text.ts";
export { type Consent, consentFault } from "./consent.ts";
export { divideLimits, mostSharers } from "./divide-limits.ts";
export {
  DRIFT_KINDS,
  DRIFT_REASONS,
  type DriftCheck,
  type DriftItem,
  type DriftKind,
  type DriftReason,
  type DriftSubject,
  driftOf,
  MOST_DRIFT_ITEMS,
} from "./drift.ts";
export { durationText } from "./duration.ts";
export { EDGE_STATES, type EdgeFacts, type EdgeState, type EdgeStatus, edgeStatus } from "./edge-status.ts";
export { type Execution, type ExecutionSummary, outcomeOf, type TaskCounts, TRIGGERS, type Trigger } from "./execution.ts";
export { EXECUTION_TRANSITIONS, type ExecutionState } from "./execution-state.ts";
export {
  type Credential,
  type Endpoint,
  type EventSource,
  type Instance,
  type InstanceSpec,
  PROVIDERS,
  PUBLIC_NETWORK,
} from "./instance.ts";
export { type ImageName, imageText, isDigestReference, parseImageName } from "./image-name.ts";
export { type InventoryEntry, subjectOfTag, type TagReference } from "./inventory.ts";
export type { Limits } from "./limits.ts";
export { CONTROL_PLANE_SOURCE, LOG_LEVELS, type LogEntry, type LogLevel, type LogLine, levelsFrom, safeEntry } from "./log-line.ts";
export { belowNamespace, isRepositoryName, resourceName } from "./names.ts";
export { anything, compilePattern, type Pattern } from "./pattern.ts";
export { type Candidate, endpointFor, explainNoRoute, rankForCopy, rankForInstance } from "./placement.ts";
export { PLAN_REASONS, type PlanAction, type PlanItem, type PlanReason } from "./plan.ts";
export { type ProviderFault, providerFault } from "./provider-fault.ts";
export { type Edge, edgeName, edgeRule, edgeRules, type Replication, type ReplicationSpec, readEdgeName } from "./replication.ts";
export { type EdgeFault, edgeFaults } from "./replication-fault.ts";
export { descendants, pathTo, promoted, type TreeFault, treeFaults } from "./replication-tree.ts";
export {
  API_VERSION,
  type InstanceResource,
  nearestName,
  parseResource,
  RESOURCE_KINDS,
  type ReplicationResource,
  type Resource,
  type ResourceIssue,
  type ResourceKind,
  type RuleResource,
  type WebhookResource,
} from "./resource.ts";
export {
  type Deletion,
  isOntoItself,
  OVERWRITE,
  type Overwrite,
  type Rule,
  type RuleSource,
  type RuleSpec,
  type RuleTarget,
} from "./rule.ts";
export { type EndedExecution, type RuleRecord, recordOf } from "./rule-record.ts";
export { formsOfSecret, safeText } from "./safe-text.ts";
export { MOST_SCOPE_ENTRIES, SCOPE_ACTIONS, type ScopeAction, type ScopeEntry, scopeName } from "./scope.ts";
export { type ArtifactKind, KINDS, type NameFilter, type TagFilter } from "./selection.ts";
export { MOST_SIBLINGS, type SiblingPlace, siblingsFor } from "./siblings.ts";
export { SKIP_REASONS, type SkipReason, skipReasonOf } from "./skip-reasons.ts";
export { follow, isFinal, mayFollow, statesBefore, type Transitions } from "./state-machine.ts";
export { mayCollide, targetRepository } from "./target-name.ts";
export {
  type ArtifactPlace,
  addBytes,
  artifactName,
  type ByteCounts,
  type Failure,
  NO_BYTES,
  NO_PROGRESS,
  TASK_OPERATIONS,
  type Task,
  type TaskOperation,
  type TaskProgress,
  type TaskTerms,
} from "./task.ts";
export { LEASED_STATES, TASK_TRANSITIONS, type TaskState, WAITING_STATES } from "./task-state.ts";
export { timeLeftMs } from "./time-left.ts";
export { DEFAULT_POLL_MS, nextRuns, type Schedule, type Triggers } from "./triggers.ts";
export { EVENT_TYPES, type EventType, type Webhook, type WebhookSpec, wantsEvent } from "./webhook.ts";
export { isOpen, nextChange, type WorkWindow, windowText } from "./work-window.ts";
