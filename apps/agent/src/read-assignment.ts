import { bytesFromMessage, overwriteFromMessage, taskOperationFromMessage, type wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { ArtifactPlace, ByteCounts, Overwrite, TaskOperation } from "@transship/model";
import { type Digest, parseDigest } from "@transship/oci";

/** An assignment whose every part is there. */
export interface Assigned {
  readonly key: wire.LeaseKey;
  readonly leaseMs: number;
  readonly source: ArtifactPlace;
  /** Undefined for a deletion of what another agent found gone at the source. */
  readonly sourceAccess: wire.RegistryAccess | undefined;
  readonly target: ArtifactPlace;
  readonly targetAccess: wire.RegistryAccess;
  /** Others that may have the same blobs. */
  readonly siblings: readonly wire.RegistryAccess[];
  /** Where the control plane believes they have them; empty also where it is too old to say. */
  readonly holdings: readonly wire.Holding[];
  /** Empty where the control plane is too old to say. */
  readonly executionId: string;
  /** Empty where the control plane is too old to say. */
  readonly rule: string;
  readonly operation: TaskOperation;
  readonly digest: Digest;
  readonly overwrite: Overwrite;
  /** With overwrite `ours`: what may be replaced; undefined = nothing. */
  readonly expected: Digest | undefined;
  /** Undefined = all. */
  readonly platforms: readonly string[] | undefined;
  readonly refill: boolean;
  /** For deletions: other tags of the target's repository that go too. */
  readonly alsoGone: readonly string[];
  readonly attempt: number;
  readonly bytesSoFar: ByteCounts;
}

/** Reads an assignment of the control plane. @throws TransshipError `INVALID_ARGUMENT` that names what is missing. */
export function readAssignment(key: wire.LeaseKey, message: wire.Assignment): Assigned {
  const what = `assignment ${key.taskId}`;
  return {
    key,
    leaseMs: message.leaseMs,
    source: given(message.source, what, "source"),
    sourceAccess: message.sourceGone ? undefined : given(message.sourceAccess, what, "access to the source"),
    target: given(message.target, what, "target"),
    targetAccess: given(message.targetAccess, what, "access to the target"),
    siblings: message.siblings,
    holdings: message.holdings,
    executionId: message.executionId,
    rule: message.rule,
    operation: given(taskOperationFromMessage(message.operation), what, "operation that this agent knows"),
    digest: parseDigest(message.digest),
    overwrite: overwriteFromMessage(message.overwrite),
    expected: message.expected === "" ? undefined : parseDigest(message.expected),
    platforms: message.platforms.length === 0 ? undefined : message.platforms,
    refill: message.refill,
    alsoGone: message.alsoGone,
    attempt: message.attempt,
    bytesSoFar: bytesFromMessage(message.bytesSoFar),
  };
}

function given<T>(value: T | undefined, what: string, name: string): T {
  if (value !== undefined) return value;
  throw new TransshipError("INVALID_ARGUMENT", { what, why: `the control plane sent no ${name}` });
}
