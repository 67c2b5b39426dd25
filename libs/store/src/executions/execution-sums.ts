import type { TaskState } from "@transship/model";
import { sql } from "kysely";
import type { Tx } from "../database.ts";
import type { ExecutionSumRow, TaskNumbers } from "../tables.ts";

/** The columns of `TaskNumbers`. */
export const TASK_NUMBERS = [
  "total_bytes",
  "done_bytes",
  "fetched_bytes",
  "copied",
  "mounted",
  "existing",
  "resumed",
  "wasted",
] as const satisfies readonly (keyof TaskNumbers)[];

/** Sums of an execution's tasks in one state. */
export async function sumsOf(tx: Tx, executionIds: readonly string[]): Promise<Map<string, ExecutionSumRow[]>> {
  const sums = new Map<string, ExecutionSumRow[]>();
  for (let start = 0; start < executionIds.length; start += 500) {
    const ids = executionIds.slice(start, start + 500);
    for (const row of await tx.selectFrom("execution_sums").selectAll().where("execution_id", "in", ids).execute()) {
      const known = sums.get(row.execution_id);
      if (known === undefined) sums.set(row.execution_id, [row]);
      else known.push(row);
    }
  }
  return sums;
}

type Summed = TaskNumbers & { readonly execution_id: string; readonly state: TaskState };

interface SumChange extends TaskNumbers {
  readonly execution_id: string;
  readonly state: TaskState;
  tasks: number;
}

/** Rows of one statement: eleven parameters each. */
const ROWS_AT_ONCE = 500;

/** What a transaction changes in the sums of executions, gathered so that tasks of one execution that move together cost one row and not two each. */
export class SumChanges {
  readonly #changes = new Map<string, SumChange>();

  /** Follows the change of one task. */
  shift(before: Summed, after: Summed): void {
    this.#add(before, -1);
    this.#add(after, 1);
  }

  /** So many tasks more in a state, whose numbers are all zero. */
  addEmpty(executionId: string, state: TaskState, tasks: number): void {
    this.#of(executionId, state).tasks += tasks;
  }

  /** To be called once, before the transaction ends. Upserts that add in place, so that two writers lose nothing. */
  async write(tx: Tx): Promise<void> {
    const changed = [...this.#changes.values()].filter((change) => change.tasks !== 0 || TASK_NUMBERS.some((name) => change[name] !== 0));
    for (let start = 0; start < changed.length; start += ROWS_AT_ONCE) await addSums(tx, changed.slice(start, start + ROWS_AT_ONCE));
  }

  #add(task: Summed, sign: 1 | -1): void {
    const sum = this.#of(task.execution_id, task.state);
    sum.tasks += sign;
    for (const name of TASK_NUMBERS) sum[name] += sign * task[name];
  }

  #of(execution_id: string, state: TaskState): SumChange {
    const key = `${state} ${execution_id}`;
    const known = this.#changes.get(key) ?? { execution_id, state, tasks: 0, ...numbersOf(() => 0) };
    this.#changes.set(key, known);
    return known;
  }
}

async function addSums(tx: Tx, changes: readonly SumChange[]): Promise<void> {
  await tx
    .insertInto("execution_sums")
    .values(changes)
    .onConflict((conflict) =>
      conflict.columns(["execution_id", "state"]).doUpdateSet(({ ref, eb }) => ({
        tasks: eb(ref("execution_sums.tasks"), "+", ref("excluded.tasks")),
        total_bytes: eb(ref("execution_sums.total_bytes"), "+", ref("excluded.total_bytes")),
        done_bytes: eb(ref("execution_sums.done_bytes"), "+", ref("excluded.done_bytes")),
        fetched_bytes: eb(ref("execution_sums.fetched_bytes"), "+", ref("excluded.fetched_bytes")),
        copied: eb(ref("execution_sums.copied"), "+", ref("excluded.copied")),
        mounted: eb(ref("execution_sums.mounted"), "+", ref("excluded.mounted")),
        existing: eb(ref("execution_sums.existing"), "+", ref("excluded.existing")),
        resumed: eb(ref("execution_sums.resumed"), "+", ref("excluded.resumed")),
        wasted: eb(ref("execution_sums.wasted"), "+", ref("excluded.wasted")),
      })),
    )
    .execute();
}

/** Numbers made one by one. */
function numbersOf(make: (name: keyof TaskNumbers) => number): TaskNumbers {
  return Object.fromEntries(TASK_NUMBERS.map((name) => [name, make(name)])) as unknown as TaskNumbers;
}

/** Sums the tasks of an execution up afresh, after many of them changed at once. */
export async function recountSums(tx: Tx, executionId: string): Promise<void> {
  await tx.deleteFrom("execution_sums").where("execution_id", "=", executionId).execute();
  await tx
    .insertInto("execution_sums")
    .columns(["execution_id", "state", "tasks", ...TASK_NUMBERS])
    .expression(
      tx
        .selectFrom("tasks")
        .select(["execution_id", "state", sql<number>`count(*)`.as("tasks")])
        .select((eb) => TASK_NUMBERS.map((name) => eb.fn.sum<number>(name).as(name)))
        .where("execution_id", "=", executionId)
        .groupBy(["execution_id", "state"]),
    )
    .execute();
}
