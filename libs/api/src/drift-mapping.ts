import {
  DRIFT_KINDS,
  DRIFT_REASONS,
  type DriftCheck,
  type DriftItem,
  type DriftKind,
  type DriftReason,
  type DriftSubject,
} from "@transship/model";
import {
  type DriftCheck as CheckMessage,
  type DriftItem as ItemMessage,
  DriftKind as KindMessage,
  DriftSubjectKind as SubjectMessage,
} from "./gen/transship/v1/drift.ts";

const KINDS = {
  missing: KindMessage.MISSING,
  different: KindMessage.DIFFERENT,
  extra: KindMessage.EXTRA,
} as const satisfies Record<DriftKind, KindMessage>;

const SUBJECTS = {
  replication: SubjectMessage.REPLICATION,
  rule: SubjectMessage.RULE,
} as const satisfies Record<DriftSubject["kind"], SubjectMessage>;

export function driftSubjectToMessage(kind: DriftSubject["kind"]): SubjectMessage {
  return SUBJECTS[kind];
}

/** Undefined for unspecified. */
export function driftSubjectFromMessage(message: SubjectMessage): DriftSubject["kind"] | undefined {
  return (["replication", "rule"] as const).find((kind) => SUBJECTS[kind] === message);
}

/** A difference at a replica as a message. */
export function driftItemToMessage({ kind, name }: DriftSubject, replica: string, item: DriftItem): ItemMessage {
  const { repository, tag, sourceRepository, since, reason, explanation, edge } = item;
  return {
    name,
    subject: SUBJECTS[kind],
    replica,
    kind: KINDS[item.kind],
    ...{ repository, tag, sourceRepository, since, reason, explanation, edge },
    digest: item.digest ?? "",
    atReplica: item.atReplica ?? "",
    taskId: item.taskId ?? "",
    executionId: item.executionId ?? "",
    code: item.code ?? "",
  };
}

/** The message as a difference; a kind or reason of a newer control plane is `different`, or `unknown`, and its explanation stays. */
export function driftItemFromMessage(message: ItemMessage): DriftItem {
  const { repository, tag, sourceRepository, since, reason, explanation, edge } = message;
  const text = (value: string) => (value === "" ? undefined : value);
  return {
    kind: DRIFT_KINDS.find((kind) => KINDS[kind] === message.kind) ?? "different",
    ...{ repository, tag, sourceRepository, since, explanation, edge },
    reason: Object.hasOwn(DRIFT_REASONS, reason) ? (reason as DriftReason) : "unknown",
    digest: text(message.digest),
    atReplica: text(message.atReplica),
    taskId: text(message.taskId),
    executionId: text(message.executionId),
    code: text(message.code),
  };
}

/** The numbers of a check as a message. */
export function driftCheckToMessage({ checkedAt, equal, missing, different, extra, behindSince }: DriftCheck): CheckMessage {
  return { checkedAt, equal, missing, different, extra, behindSince: behindSince ?? "" };
}

/** The message as numbers. */
export function driftCheckFromMessage({ behindSince, ...check }: CheckMessage): Omit<DriftCheck, "subject" | "replica"> {
  return { ...check, behindSince: behindSince === "" ? undefined : behindSince };
}
