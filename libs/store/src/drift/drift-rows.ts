import type { DriftCheck, DriftItem, DriftSubject } from "@transship/model";
import type { Tx } from "../database.ts";
import type { DriftCheckRow, DriftItemRow } from "../tables.ts";

/** A stored check. */
export function checkOf(row: DriftCheckRow): DriftCheck {
  return {
    subject: { kind: row.subject_kind, name: row.subject },
    replica: row.replica,
    checkedAt: row.checked_at,
    equal: row.equal,
    missing: row.missing,
    different: row.different,
    extra: row.extra,
    behindSince: row.behind_since ?? undefined,
  };
}

/** A stored difference. */
export function itemOf(row: DriftItemRow): DriftItem {
  return {
    kind: row.kind,
    repository: row.repository,
    tag: row.tag,
    sourceRepository: row.source_repository,
    digest: row.digest ?? undefined,
    atReplica: row.at_replica ?? undefined,
    since: row.since,
    reason: row.reason,
    explanation: row.explanation,
    edge: row.edge,
    taskId: row.task_id ?? undefined,
    executionId: row.execution_id ?? undefined,
    code: row.code ?? undefined,
  };
}

/** A check as a row. */
export function checkRow({ subject, behindSince, ...check }: DriftCheck): DriftCheckRow {
  const { replica, checkedAt, equal, missing, different, extra } = check;
  const counts = { equal, missing, different, extra };
  return {
    subject_kind: subject.kind,
    subject: subject.name,
    replica,
    checked_at: checkedAt,
    ...counts,
    behind_since: behindSince ?? null,
  };
}

/** A difference as a row. */
export function itemRow(subject: DriftSubject, replica: string, item: DriftItem): DriftItemRow {
  return {
    subject_kind: subject.kind,
    subject: subject.name,
    replica,
    repository: item.repository,
    tag: item.tag,
    kind: item.kind,
    source_repository: item.sourceRepository,
    digest: item.digest ?? null,
    at_replica: item.atReplica ?? null,
    since: item.since,
    reason: item.reason,
    explanation: item.explanation,
    edge: item.edge,
    task_id: item.taskId ?? null,
    execution_id: item.executionId ?? null,
    code: item.code ?? null,
  };
}

/** Forgets what checks found: of one replica, or of all of a replication or rule. */
export async function dropDrift(tx: Tx, { kind, name }: DriftSubject, replica?: string): Promise<void> {
  for (const table of ["drift_checks", "drift_items"] as const) {
    let query = tx.deleteFrom(table).where("subject_kind", "=", kind).where("subject", "=", name);
    if (replica !== undefined) query = query.where("replica", "=", replica);
    await query.execute();
  }
}
