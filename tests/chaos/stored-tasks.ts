import { DatabaseSync } from "node:sqlite";

/** A task as the control plane's database has it. */
export interface TaskRow {
  readonly id: string;
  readonly executionId: string;
  readonly state: string;
  readonly agent: string | null;
  readonly epoch: number;
  readonly failure: string | null;
  readonly target: { readonly instance: string; readonly repository: string; readonly tag: string };
}

/** An execution as the control plane's database has it. */
export interface ExecutionRow {
  readonly id: string;
  readonly rule: string;
  readonly state: string;
}

const FINAL = ["succeeded", "partial", "failed", "stopped"];

/** Reads the database of a control plane, running or not, by plain SQL: what is checked is what is stored, not what the product says of it. */
export class StoredTasks implements Disposable {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.#database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  }

  executions(rules: readonly string[]): ExecutionRow[] {
    const rows = this.#database.prepare("select id, rule, state from executions order by created_at").all();
    return rows
      .map((row) => ({ id: String(row.id), rule: String(row.rule), state: String(row.state) }))
      .filter(({ rule }) => rules.includes(rule));
  }

  tasks(executions: readonly ExecutionRow[]): TaskRow[] {
    const find = this.#database.prepare("select * from tasks where execution_id = ? order by seq");
    return executions.flatMap(({ id }) =>
      find.all(id).map((row) => ({
        id: String(row.id),
        executionId: id,
        state: String(row.state),
        agent: row.agent === null ? null : String(row.agent),
        epoch: Number(row.epoch),
        failure: row.failure === null ? null : String(row.failure),
        target: { instance: String(row.target_instance), repository: String(row.target_repository), tag: String(row.target_tag) },
      })),
    );
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** Whether an execution is over. */
export function isOver({ state }: ExecutionRow): boolean {
  return FINAL.includes(state);
}
