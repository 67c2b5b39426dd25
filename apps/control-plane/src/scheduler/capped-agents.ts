import type { ExecutionLog } from "../logs/execution-log.ts";

/** Tells the log of an execution, once for each agent and instance, that the agent gets none of its tasks because others have all shares of a limit. */
export class CappedAgents {
  readonly #told = new Map<string, Set<string>>();

  /** Forgets executions that have nothing more to hand out. */
  keep(executions: ReadonlySet<string>): void {
    for (const execution of this.#told.keys()) if (!executions.has(execution)) this.#told.delete(execution);
  }

  tell(log: ExecutionLog, execution: string, agent: string, instance: string): void {
    const told = this.#told.get(execution) ?? new Set();
    this.#told.set(execution, told);
    const key = `${agent} ${instance}`;
    if (told.has(key)) return;
    told.add(key);
    const message = `agent ${agent} gets no tasks for now: other agents have all shares of the limits of instance ${instance}`;
    log.info(execution, message, { agent, instance });
  }
}
