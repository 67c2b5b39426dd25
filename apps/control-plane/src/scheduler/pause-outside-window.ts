import { LEASED_STATES, type Rule } from "@transship/model";
import type { AgentSession } from "../work/agent-session.ts";
import type { AssignmentDesk } from "./assign-tasks.ts";
import { pausedText } from "./window-watch.ts";

/** Tasks that are told of in one go. */
const PAGE = 1000;

/**
 * Has agents give back the tasks of rules whose window has closed. What is on their disks and at the targets stays; no attempt is counted. The log of each execution
 * that is past its planning says when it pauses and when it goes on. Returns when the next window opens or closes.
 */
export async function pauseOutsideWindow(desk: AssignmentDesk, told: ToldOfPauses): Promise<Date | undefined> {
  const rules = (await desk.topology.current()).windowed;
  const closed = new Map(rules.filter((rule) => !desk.windows.isOpen(rule, desk.now())).map((rule) => [rule.name, rule]));
  if (closed.size + told.executions.size === 0) return desk.windows.nextChange(rules, desk.now());
  const paused = new Set<string>();
  for (const { id, rule: name, state } of await desk.store.executions.unfinished()) {
    const rule = closed.get(name);
    if (rule !== undefined) await pause(desk, id, rule, told.tasks);
    if (rule !== undefined && state === "copying") {
      if (!told.executions.has(id)) desk.executionLog.info(id, pausedText(rule, desk.now()), { rule: name });
      paused.add(id);
    } else if (told.executions.has(id)) desk.executionLog.info(id, "goes on: the rule's window is open", { rule: name });
  }
  told.executions = paused;
  return desk.windows.nextChange(rules, desk.now());
}

/** What was told of pauses: once is enough. */
export interface ToldOfPauses {
  /** Tasks that each stream was told to give back. */
  readonly tasks: WeakMap<AgentSession, Set<string>>;
  /** Executions whose log says that they pause. */
  executions: ReadonlySet<string>;
}

async function pause(desk: AssignmentDesk, execution: string, rule: Rule, told: ToldOfPauses["tasks"]): Promise<void> {
  for (const task of await desk.store.tasks.list({ executionId: execution, states: LEASED_STATES }, { limit: PAGE })) {
    const session = desk.agents.get(task.agent ?? "");
    if (session === undefined) continue;
    const known = told.get(session) ?? new Set();
    told.set(session, known);
    const key = `${task.id} ${task.epoch}`;
    if (known.has(key)) continue;
    known.add(key);
    session.send({ $case: "cancel", value: { lease: { taskId: task.id, epoch: task.epoch }, giveBack: true } });
    const facts = { task: task.id, agent: session.name, epoch: task.epoch, rule: rule.name };
    desk.executionLog.info(execution, `agent ${session.name} is asked to give it back: the rule's window closed`, facts);
  }
}
