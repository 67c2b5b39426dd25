import { wire } from "@transship/api";
import {
  explainNoRoute,
  explainUnselected,
  isFinal,
  LEASED_STATES,
  rankForCopy,
  selectAgents,
  TASK_TRANSITIONS,
  type Task,
  WAITING_STATES,
} from "@transship/model";
import type { Store } from "@transship/store";
import type { KnownTopology } from "../topology/known-topology.ts";
import type { RouteView } from "./ask-nearest.ts";
import type { ConnectedAgents } from "./connected-agents.ts";
import type { GateBoard } from "./gate-board.ts";

/**
 * Why an unfinished task waits, where a registry is the reason: the agent that has it finds the circuit of an instance open, or was asked for a pause; for a task
 * that nobody has, all agents that know of the instance do. Empty otherwise.
 */
export function explainWaiting(task: Task, board: Pick<GateBoard, "all">, now: Date): string {
  if (isFinal(TASK_TRANSITIONS, task.state)) return "";
  const held = (LEASED_STATES as readonly string[]).includes(task.state);
  const gates = board.all().filter((gate) => !held || gate.agent === task.agent);
  for (const instance of new Set([task.target.instance, task.source.instance])) {
    const own = gates.filter((gate) => gate.instance === instance);
    const reasons = own.map((gate) => shutBecause(gate, now.toISOString()));
    if (own.length > 0 && reasons.every((reason) => reason !== "")) return reasons.sort()[0] ?? "";
  }
  return "";
}

/** What telling why nobody takes a task needs. */
export interface WaitingDesk extends RouteView {
  readonly store: Pick<Store, "executions">;
  readonly topology: Pick<KnownTopology, "current">;
  readonly agents: ConnectedAgents;
  readonly gates: Pick<GateBoard, "all">;
}

/** Why no agent takes a waiting task, where none can: the missing links. Empty otherwise, and where an instance of it is gone. */
export async function explainNoTaker(desk: WaitingDesk, task: Task): Promise<string> {
  if (!(WAITING_STATES as readonly string[]).includes(task.state)) return "";
  const { instances, rules } = await desk.topology.current();
  const source = instances.get(task.source.instance);
  const target = instances.get(task.target.instance);
  if (source === undefined || target === undefined) return "";
  const selector = rules.get((await desk.store.executions.get(task.executionId)).rule)?.spec.agents;
  const ready = selectAgents(desk.agents.ready(), selector);
  if (selector !== undefined && ready.length === 0) return explainUnselected(desk.agents.ready(), selector);
  if (rankForCopy(ready, source, target, desk.reach).length > 0) return "";
  const relay = task.relay && instances.get(task.relay.place.instance);
  if (relay === undefined) return explainNoRoute(ready, source, target, desk.reach, desk.now());
  const [from, to] = task.relay?.there === true ? [relay, target] : [source, relay];
  return rankForCopy(ready, from, to, desk.reach).length > 0 ? "" : explainNoRoute(ready, from, to, desk.reach, desk.now());
}

/** ISO texts of one form compare as moments. */
function shutBecause(gate: wire.InstanceGate, now: string): string {
  if (gate.circuit === wire.Circuit.HALF_OPEN)
    return `circuit of instance ${gate.instance} half-open, a probe is under way (${gate.agent})`;
  if (gate.circuit === wire.Circuit.OPEN) {
    const until = gate.until > now ? `open until ${gate.until}` : "open, the next request is a probe";
    return `circuit of instance ${gate.instance} ${until} (${gate.agent})`;
  }
  return gate.pausedUntil > now ? `instance ${gate.instance} asked to be left alone until ${gate.pausedUntil} (${gate.agent})` : "";
}
