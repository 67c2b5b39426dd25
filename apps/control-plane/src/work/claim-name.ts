import { TransshipError } from "@transship/errors";
import type { AgentHello, Store } from "@transship/store";
import type { Logger } from "pino";
import type { ConnectedAgents } from "./connected-agents.ts";
import type { Rivals } from "./rivals.ts";

/** What claiming a name needs. */
export interface NameDesk {
  readonly store: Store;
  readonly agents: ConnectedAgents;
  readonly rivals: Rivals;
  /** How long an agent may take to say that it lives, in milliseconds. One that was cut off has twice that to come back. */
  readonly challengeMs: number;
  readonly startedAt: Date;
  readonly log: Logger;
  readonly now: () => Date;
}

/** What tells processes of one name apart. */
type Process = Pick<AgentHello, "run" | "home" | "host">;

/**
 * Makes sure that a process which says Hello may have its name. Where the stream of another process of that name is open, that one is asked whether it lives; who
 * does not answer is dead, stopped, or behind a broken link, and loses the name. One whose stream broke a moment ago may come back first.
 * @throws TransshipError `AGENT_NAME_TAKEN` where the other one lives, or may.
 */
export async function claimName(desk: NameDesk, hello: AgentHello): Promise<void> {
  const older = desk.agents.get(hello.name);
  if (older === undefined) return leaveToFormer(desk, hello);
  if (!mayBothLive(older, hello)) return;
  const lives = await older.challenge(hello.host ?? "", desk.challengeMs);
  if (!lives && older.gone.aborted) throw mayReturn(hello, older);
  const facts = { agent: hello.name, host: hello.host, olderHost: older.host };
  if (!lives) {
    desk.log.warn(facts, "the agent's other process does not answer; this one takes its place");
    return;
  }
  desk.rivals.refused(hello.name, hello.host, desk.now());
  desk.log.warn(facts, "refused a second process of a living agent");
  const here = hello.host === older.host ? `both on host ${place(hello)}` : `this one is on host ${place(hello)}`;
  throw taken(hello, `another process has this name and lives, on host ${place(older)}; ${here}`);
}

/** The process that had the name last, and did not end, comes back within seconds if it lives: after a broken link, or when the control plane was restarted. */
async function leaveToFormer({ store, startedAt, challengeMs, now }: NameDesk, hello: AgentHello): Promise<void> {
  const former = await store.agents.lastProcess(hello.name);
  if (former === undefined || !mayBothLive(former, hello)) return;
  const since = Math.max(Date.parse(former.lastSeenAt), startedAt.getTime());
  if (now().getTime() - since < 2 * challengeMs) throw mayReturn(hello, former);
}

/** Of one data directory, on one machine since its boot, only one process can live. Older agents say nothing of themselves. */
function mayBothLive(older: Process, hello: Process): boolean {
  if (older.run === undefined || hello.run === undefined || older.run === hello.run) return false;
  return older.home === undefined || older.home !== hello.home;
}

function mayReturn(hello: AgentHello, former: Process): TransshipError {
  return taken(hello, `another process of this name, on host ${place(former)}, was here a moment ago and may come back`);
}

function taken(hello: AgentHello, why: string): TransshipError {
  return new TransshipError("AGENT_NAME_TAKEN", { what: `connecting agent ${hello.name}`, why });
}

function place({ host = "" }: Process): string {
  return host === "" ? "(not known)" : host;
}
