import { TransshipError } from "@transship/errors";
import type { Instance } from "@transship/model";
import type { Store, WaitingPair } from "@transship/store";
import type { Logger } from "pino";
import type { Changes } from "../changes.ts";
import type { ExecutionLog } from "../logs/execution-log.ts";
import { failureFacts, failureWords } from "../logs/failure-facts.ts";
import type { Metrics } from "../metrics.ts";

/** What failing orphans needs. */
export interface OrphanDesk {
  readonly store: Store;
  readonly changes: Changes;
  readonly metrics: Metrics;
  readonly leaseMs: number;
  readonly log: Logger;
  readonly executionLog: ExecutionLog;
  readonly now: () => Date;
}

/** Who is shown to have had such a task last. */
const HOLDER = "control-plane";
const AT_ONCE = 500;

/**
 * Fails waiting tasks of which an instance was deleted, which happens where a rule is changed while it runs: no agent could ever do them. The store knows one
 * way to end a waiting task that failed: as its holder.
 */
export async function failOrphans(desk: OrphanDesk, pairs: readonly WaitingPair[], known: ReadonlyMap<string, Instance>): Promise<void> {
  for (const pair of pairs) {
    const gone = [pair.source, pair.target].find((name) => !known.has(name));
    if (gone === undefined) continue;
    const error = new TransshipError("NOT_FOUND", { what: `instance ${gone}`, why: "it was deleted while the task waited" });
    const failure = {
      code: error.code,
      side: gone === pair.source ? "source" : "target",
      message: error.message,
      hint: error.hint,
    } as const;
    const claim = {
      agent: HOLDER,
      pairs: [{ executionId: pair.executionId, source: pair.source, target: pair.target, placement: error.message }],
      limit: AT_ONCE,
      leaseMs: desk.leaseMs,
    };
    for (const task of await desk.store.tasks.lease({ ...claim, preferMs: 0, online: [] }, desk.now())) {
      const lease = { taskId: task.id, epoch: task.epoch };
      await desk.store.tasks.finish(lease, { state: "failed", progress: task.progress, failure }, desk.now());
      desk.executionLog.error(task.executionId, `failed: ${failureWords(failure)}`, {
        task: task.id,
        instance: gone,
        ...failureFacts(failure),
      });
      const { rule } = await desk.store.executions.get(task.executionId);
      desk.metrics.taskEnded(rule, await desk.store.tasks.get(task.id));
      desk.changes.notify(task.executionId, "state");
    }
  }
}
