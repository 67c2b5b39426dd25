import { TransshipError } from "@transship/errors";
import type { AgentHello } from "@transship/store";
import type { Logger } from "pino";
import type { AgentSession } from "./agent-session.ts";
import type { ConnectedAgents } from "./connected-agents.ts";
import type { Rivals } from "./rivals.ts";

/** What claiming a name needs. */
export interface NameDesk {
  readonly agents: ConnectedAgents;
  readonly rivals: Rivals;
  /** How long an agent may take to say that it lives, in milliseconds. */
  readonly challengeMs: number;
  readonly log: Logger;
  readonly now: () => Date;
}

/**
 * Makes sure that a process which says Hello may have its name. Where the stream of another process of that name is open, that one is asked whether it lives; who
 * does not answer is dead, stopped, or behind a broken link, and loses the name.
 * @throws TransshipError `AGENT_NAME_TAKEN` where the other one lives.
 */
export async function claimName({ agents, rivals, challengeMs, log, now }: NameDesk, hello: AgentHello): Promise<void> {
  const older = agents.get(hello.name);
  if (older === undefined || !mayBothLive(older, hello)) return;
  const facts = { agent: hello.name, host: hello.host, olderHost: older.host };
  if (!(await older.challenge(hello.host ?? "", challengeMs))) {
    log.warn(facts, "the agent's other process does not answer; this one takes its place");
    return;
  }
  rivals.refused(hello.name, hello.host, now());
  log.warn(facts, "refused a second process of a living agent");
  const hosts = hello.host === older.host ? `both on host ${place(hello.host)}` : `this one is on host ${place(hello.host)}`;
  throw new TransshipError("AGENT_NAME_TAKEN", {
    what: `connecting agent ${hello.name}`,
    why: `another process has this name and lives, on host ${place(older.host)}; ${hosts}`,
  });
}

/** Of one data directory, on one machine since its boot, only one process can live. Older agents say nothing of themselves. */
function mayBothLive(older: AgentSession, hello: AgentHello): boolean {
  if (older.run === undefined || hello.run === undefined || older.run === hello.run) return false;
  return older.home === undefined || older.home !== hello.home;
}

function place(host: string | undefined): string {
  return host === undefined || host === "" ? "(not known)" : host;
}
