import type { Tx } from "../database.ts";
import type { TaskRow } from "../tables.ts";
import type { LeaseKey, ReportedExecution } from "../task-store.ts";

/** Parameters of one statement. */
const AT_ONCE = 500;

/** What is known of tasks that reports are about; kept true while the reports are applied one after the other. */
export interface ReportedTasks {
  readonly rows: ReadonlyMap<string, TaskRow>;
  readonly executions: ReadonlyMap<string, ReportedExecution>;
  /** Whether an outcome of this very lease was applied. */
  wasReported(lease: LeaseKey): boolean;
  /** An outcome was applied, which made this of the task. */
  noteReport(lease: LeaseKey, row: TaskRow): void;
}

/** Reads it, in a few statements however many leases there are. */
export async function readReported(tx: Tx, leases: readonly LeaseKey[]): Promise<ReportedTasks> {
  const ids = [...new Set(leases.map(({ taskId }) => taskId))];
  const rows = new Map<string, TaskRow>();
  const reported = new Set<string>();
  const executions = new Map<string, ReportedExecution>();
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const some = ids.slice(start, start + AT_ONCE);
    for (const row of await tx.selectFrom("tasks").selectAll().where("id", "in", some).execute()) rows.set(row.id, row);
    const applied = tx.selectFrom("task_reports").select(["task_id", "epoch"]).where("task_id", "in", some);
    for (const { task_id, epoch } of await applied.execute()) reported.add(keyOf(task_id, epoch));
  }
  const executionIds = [...new Set([...rows.values()].map((row) => row.execution_id))];
  for (let start = 0; start < executionIds.length; start += AT_ONCE) {
    const some = executionIds.slice(start, start + AT_ONCE);
    const found = tx.selectFrom("executions").select(["id", "rule", "trigger_kind as trigger", "hops"]).where("id", "in", some);
    for (const { id, ...execution } of await found.execute()) executions.set(id, execution);
  }
  return {
    rows,
    executions,
    wasReported: ({ taskId, epoch }) => reported.has(keyOf(taskId, epoch)),
    noteReport: ({ taskId, epoch }, row) => {
      reported.add(keyOf(taskId, epoch));
      rows.set(taskId, row);
    },
  };
}

function keyOf(taskId: string, epoch: number): string {
  return `${epoch} ${taskId}`;
}
