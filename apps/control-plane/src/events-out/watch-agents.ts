import type { Agent } from "@transship/model";
import type { OutgoingEvent, Store } from "@transship/store";
import type { Logger } from "pino";
import { WakeUp } from "../wake-up.ts";
import { outgoingEvent } from "./cloud-event.ts";

/** What noticing lost agents needs. */
export interface AgentWatchDesk {
  readonly store: Pick<Store, "agents">;
  readonly startedAt: Date;
  /** How long an agent may be away before it is lost, in milliseconds. */
  readonly agentLostMs: number;
  /** Woken when there is something to tell. */
  readonly tidings: WakeUp;
  readonly log: Logger;
  readonly now: () => Date;
}

const LONGEST_SLEEP_MS = 30_000;

/** The loop that notices agents that stay away though nobody drained or revoked them. Ends when `signal` aborts. */
export async function watchAgents(desk: AgentWatchDesk, signal: AbortSignal): Promise<void> {
  const pause = new WakeUp();
  while (!signal.aborted) {
    await pause.sleep(Math.min(LONGEST_SLEEP_MS, Math.max(10, desk.agentLostMs / 4)), signal);
    const now = desk.now();
    const since = new Date(now.getTime() - desk.agentLostMs);
    // While no control plane ran no agent could be heard of: all have that long to come back.
    if (signal.aborted || since < desk.startedAt) continue;
    try {
      const lost = await desk.store.agents.lost(since, now, (agent) => lostEvent(agent, now));
      for (const { name, lastSeenAt } of lost) desk.log.warn({ agent: name, lastSeenAt }, "agent lost");
      if (lost.length > 0) desk.tidings.wake();
    } catch (thrown) {
      desk.log.error({ err: thrown }, "looking for lost agents failed; it is tried again");
    }
  }
}

function lostEvent({ name, region, border, networks, version, lastSeenAt }: Agent, at: Date): OutgoingEvent {
  const data = { agent: name, region, border, networks, version, lastSeenAt };
  return outgoingEvent("agent.lost", undefined, { subject: `agents/${name}`, at, data });
}
