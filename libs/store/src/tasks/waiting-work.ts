import { LEASED_STATES } from "@transship/model";
import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../database.ts";
import type { WaitingWork } from "../task-store.ts";

/**
 * Pairs of executions with tasks that could be leased now, whoever asks; by source, target, then execution. Leaps from one to the next in the index: a `distinct`
 * would read every task that waits, a hundred thousand of them at every turn of the scheduler. All leaps are one statement, since there may be ten thousand of them.
 */
export async function waitingWork(tx: Tx, now: string): Promise<WaitingWork[]> {
  const { rows } = await leaps(now).execute(tx);
  return rows.map(({ via, ...row }) => ({ ...row, running: Number(row.running), via: via ?? undefined }));
}

/**
 * Each leap in up to three steps: to the next execution of the pair, else to the next target of the source, else to the next source. SQLite would search a comparison
 * of rows by its first column alone, and read all tasks of the source at each leap. A queued task is ready whatever the clock says: the clock may have been set back
 * since. Of a rule whose relay was changed while it runs, tasks of the one come after those of the other.
 */
function leaps(now: string) {
  return sql<Omit<WaitingWork, "via"> & { readonly via: string | null }>`
    with recursive pair(seq, source, target, execution) as (
      select seq, source_instance, target_instance, execution_id from tasks where seq = (${nextSeq(sql`true`)})
      union all
      select following.seq, following.source_instance, following.target_instance, following.execution_id
      from pair join tasks as following on following.seq = coalesce(
        (${nextSeq(sql`source_instance = pair.source and target_instance = pair.target and execution_id > pair.execution`)}),
        (${nextSeq(sql`source_instance = pair.source and target_instance > pair.target`)}),
        (${nextSeq(sql`source_instance > pair.source`)})
      )
    )
    select pair.source, pair.target, pair.execution as "executionId", executions.rule, coalesce((
      select sum(tasks) from execution_sums where execution_id = pair.execution and state in (${sql.join(LEASED_STATES)})
    ), 0) as running, (
      select via_instance from tasks where ready_at is not null and source_instance = pair.source and target_instance = pair.target
      and execution_id = pair.execution and via_instance is not null limit 1
    ) as via
    from pair join executions on executions.id = pair.execution where exists (
      select 1 from tasks where ready_at is not null and source_instance = pair.source and target_instance = pair.target
      and execution_id = pair.execution and tasks.state = 'queued'
    ) or exists (
      select 1 from tasks where ready_at <= ${now} and source_instance = pair.source and target_instance = pair.target
      and execution_id = pair.execution and tasks.state = 'retrying'
    )
    order by pair.source, pair.target, pair.execution`;
}

/** The first waiting task, by source, target and execution, of those that are meant. */
function nextSeq(meant: RawBuilder<unknown>) {
  return sql`select seq from tasks where ready_at is not null and ${meant} order by source_instance, target_instance, execution_id limit 1`;
}
