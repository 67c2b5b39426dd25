import { LEASED_STATES, type Rule } from "@transship/model";
import type { AgentSession } from "../work/agent-session.ts";
import type { AssignmentDesk } from "./assign-tasks.ts";

/** Tasks that are told of in one go. */
const PAGE = 1000;

/**
 * Has agents give back the tasks of rules whose window has closed. What is on their disks and at the targets stays; no attempt is counted. Returns when the next
 * window opens or closes.
 */
export async function pauseOutsideWindow(desk: AssignmentDesk, told: ToldToPause): Promise<Date | undefined> {
  const rules = (await desk.store.topology.listRules()).filter(({ spec }) => spec.window !== undefined);
  const closed = new Map(rules.filter((rule) => !desk.windows.isOpen(rule, desk.now())).map((rule) => [rule.name, rule]));
  if (closed.size > 0) {
    for (const { id, rule } of await desk.store.executions.unfinished()) {
      const paused = closed.get(rule);
      if (paused !== undefined) await pause(desk, id, paused, told);
    }
  }
  return desk.windows.nextChange(rules, desk.now());
}

/** What each stream was told: once is enough. */
export type ToldToPause = WeakMap<AgentSession, Set<string>>;

async function pause(desk: AssignmentDesk, execution: string, rule: Rule, told: ToldToPause): Promise<void> {
  for (const task of await desk.store.tasks.list({ executionId: execution, states: LEASED_STATES }, { limit: PAGE })) {
    const session = desk.agents.get(task.agent ?? "");
    if (session === undefined) continue;
    const known = told.get(session) ?? new Set();
    told.set(session, known);
    const key = `${task.id} ${task.epoch}`;
    if (known.has(key)) continue;
    known.add(key);
    session.send({ $case: "cancel", value: { lease: { taskId: task.id, epoch: task.epoch }, giveBack: true } });
    desk.log.info({ task: task.id, execution, rule: rule.name, agent: session.name }, "task paused: the rule's window closed");
  }
}
