import { driftCheckFromMessage, driftItemFromMessage, driftSubjectFromMessage, type wire } from "@transship/api";
import { artifactName, DRIFT_KINDS, type DriftItem, type DriftSubject, driftOf } from "@transship/model";
import type { Document } from "./document.ts";
import { type FailureDocument, failureDocument } from "./failure.ts";

/** One difference at a replica, as JSON has it: what is missing has no `atReplica`, what is extra neither digest. */
export type DriftItemDocument = DriftItem & { readonly artifact: string };

/** What a replica came to, as JSON has it. `counts` are absent, and `failure` says why, where it could not be compared. Moments are ISO 8601, UTC. */
export interface ReplicaDriftDocument {
  readonly replication?: string;
  readonly rule?: string;
  readonly primary: string;
  readonly replica: string;
  readonly edge: string;
  readonly state: "in-step" | "drifted" | "unknown";
  readonly checkedAt?: string;
  readonly behindSince?: string;
  readonly counts?: { readonly equal: number; readonly missing: number; readonly different: number; readonly extra: number };
  /** The first 10,000; `counts` count all. */
  readonly items: readonly DriftItemDocument[];
  /** The replica offers no catalogue: `extra` was looked for only where it has something of the primary's. */
  readonly extraLimited?: true;
  readonly failure?: FailureDocument;
}

/** What `transship drift` prints. */
export interface DriftDocument extends Document {
  readonly kind: "Drift";
  readonly metadata: { readonly name?: string };
  readonly status: {
    /** `unknown` where any replica could not be compared, else `drifted` where any differs. */
    readonly state: ReplicaDriftDocument["state"];
    readonly replicas: readonly ReplicaDriftDocument[];
  };
}

/** A difference of the wire as JSON. */
export function driftItemDocument(message: wire.DriftItem): DriftItemDocument {
  const item = driftItemFromMessage(message);
  return { artifact: artifactName(item), ...item };
}

/** What is behind before what is too much, then by name: the same order whatever came first. */
function inOrder(a: DriftItemDocument, b: DriftItemDocument): number {
  return DRIFT_KINDS.indexOf(a.kind) - DRIFT_KINDS.indexOf(b.kind) || (a.artifact < b.artifact ? -1 : 1);
}

/** The end of a replica of the wire, with its differences, as JSON. */
export function replicaDriftDocument(message: wire.DriftSummary, found: readonly DriftItemDocument[]): ReplicaDriftDocument {
  const kind: DriftSubject["kind"] = driftSubjectFromMessage(message.subject) ?? "replication";
  const failure = failureDocument(message.failure);
  const items = found.toSorted(inOrder);
  const check = message.check && driftCheckFromMessage(message.check);
  const { primary, replica, edge } = message;
  const where = { ...(kind === "rule" ? { rule: message.name } : { replication: message.name }), primary, replica, edge };
  if (check === undefined) return { ...where, state: "unknown", items, ...(failure === undefined ? {} : { failure }) };
  const { checkedAt, behindSince, ...counts } = check;
  const since = behindSince === undefined ? {} : { behindSince };
  return {
    ...where,
    state: driftOf(counts) === 0 ? "in-step" : "drifted",
    checkedAt,
    ...since,
    counts,
    items,
    ...(message.extraLimited ? { extraLimited: true } : {}),
  };
}

/** All replicas together. */
export function driftDocument(name: string | undefined, replicas: readonly ReplicaDriftDocument[]): DriftDocument {
  const state = (["unknown", "drifted"] as const).find((worst) => replicas.some((replica) => replica.state === worst)) ?? "in-step";
  return { apiVersion: "transship/v1", kind: "Drift", metadata: name === undefined ? {} : { name }, status: { state, replicas } };
}
