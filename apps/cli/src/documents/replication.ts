import { driftCheckFromMessage, edgeStateFromMessage, replicationResourceFromMessage, type wire } from "@transship/api";
import type { EdgeState, ReplicationSpec } from "@transship/model";
import { type Document, present } from "./document.ts";
import { type ExecutionDocument, executionDocument } from "./execution.ts";
import { type FailureDocument, failureDocument } from "./failure.ts";

/** How an edge does, as JSON has it. Moments are ISO 8601, UTC. */
export interface EdgeStatusDocument {
  readonly from: string;
  readonly to: string;
  /** By which its executions are found. */
  readonly rule: string;
  /** `unknown`: a state that is newer than this CLI. */
  readonly state: EdgeState | "unknown";
  readonly lagMs: number;
  readonly backlog: number;
  readonly bytesPerSecond: number;
  readonly filledAt?: string;
  readonly nextSweepAt?: string;
  readonly lastExecution: { readonly id: string; readonly state: ExecutionDocument["status"]["state"]; readonly createdAt?: string } | null;
  readonly failure?: FailureDocument;
  /** What the last `transship drift` found at the replica. */
  readonly drift?: ReturnType<typeof driftCheckFromMessage>;
}

/** A replication as JSON has it. */
export interface ReplicationDocument extends Document {
  readonly kind: "Replication";
  readonly metadata: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly createdAt?: string;
    readonly updatedAt?: string;
  };
  readonly spec: ReplicationSpec;
  readonly status: { readonly edges: readonly EdgeStatusDocument[] };
}

/** A replication of the wire as JSON. */
export function replicationDocument(message: wire.Replication): ReplicationDocument {
  const resource = message.resource ?? { name: "", labels: {}, spec: undefined };
  return {
    apiVersion: "transship/v1",
    kind: "Replication",
    metadata: { name: resource.name, labels: resource.labels, ...present({ createdAt: message.createdAt, updatedAt: message.updatedAt }) },
    spec: (replicationResourceFromMessage(resource) as { spec: ReplicationSpec }).spec,
    status: { edges: message.edges.map(edgeDocument) },
  };
}

function edgeDocument(edge: wire.EdgeStatus): EdgeStatusDocument {
  const last = edge.lastExecution && executionDocument(edge.lastExecution);
  const failure = failureDocument(edge.failure);
  return {
    from: edge.from,
    to: edge.to,
    rule: edge.rule,
    state: edgeStateFromMessage(edge.state) ?? "unknown",
    lagMs: edge.lagMs,
    backlog: edge.backlog,
    bytesPerSecond: edge.bytesPerSecond,
    ...present({ filledAt: edge.filledAt, nextSweepAt: edge.nextSweepAt }),
    lastExecution:
      last === undefined ? null : { id: last.metadata.id, state: last.status.state, ...present({ createdAt: last.metadata.createdAt }) },
    ...(failure === undefined ? {} : { failure }),
    ...(edge.drift === undefined ? {} : { drift: driftCheckFromMessage(edge.drift) }),
  };
}
