import { agentToMessage, type wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { type Agent, resourceName } from "@transship/model";
import type { Store } from "@transship/store";
import { hashToken, newToken } from "../access/tokens.ts";
import type { Handlers } from "../calls/handlers.ts";
import { versionWarning } from "../work/check-version.ts";
import type { ConnectedAgents } from "../work/connected-agents.ts";
import type { GateBoard } from "../work/gate-board.ts";
import type { ReachBoard } from "../work/reach-board.ts";
import type { Rivals } from "../work/rivals.ts";
import { askBack, sendAway, type TakeBackDesk } from "../work/take-back.ts";
import { withNetworks } from "./with-networks.ts";

/** What managing agents needs. */
export interface AgentDesk extends TakeBackDesk {
  readonly store: Store;
  readonly agents: ConnectedAgents;
  readonly gates: GateBoard;
  readonly reach: ReachBoard;
  readonly rivals: Rivals;
  readonly now: () => Date;
}

/** Agents, as operators see them. */
export function agentService({ unary }: Handlers, desk: AgentDesk): wire.AgentServiceServer {
  const { store, agents, gates, rivals, now } = desk;
  const describe = async (agent: Agent, reach: wire.InstanceReach[] = []) => {
    const warnings = [rivals.warningFor(agent.name, now()), versionWarning(agent.version)].filter((text) => text !== undefined);
    return agentToMessage(agent, (await store.tasks.heldBy(agent.name)).length, { gates: gates.ofAgent(agent.name), reach, warnings });
  };
  return {
    listAgents: unary(async () => ({ agents: await Promise.all((await store.agents.list()).map((agent) => describe(agent))) })),
    getAgent: unary(async ({ name }) =>
      describe(await store.agents.get(name), withNetworks(desk.reach.ofAgent(name), await store.topology.listInstances())),
    ),
    drainAgent: unary(async ({ name, now: atOnce }) => {
      const agent = await store.agents.draining(name, now());
      const session = agents.get(name);
      if (session !== undefined) session.draining = true;
      session?.send({ $case: "drain", value: { over: false } });
      if (atOnce && session !== undefined) await askBack(desk, session, "it drains");
      return describe(agent);
    }),
    resumeAgent: unary(async ({ name }) => {
      const agent = await store.agents.resume(name, now());
      const session = agents.get(name);
      if (session !== undefined) session.draining = false;
      // An older agent takes tasks again on its next stream only.
      if (session?.run === undefined) session?.end(new TransshipError("CONFLICT", { what: `agent ${name}`, why: "it was resumed" }));
      else session.send({ $case: "drain", value: { over: true } });
      return describe(agent);
    }),
    revokeAgent: unary(async ({ name }) => {
      const agent = await store.agents.revoke(name, now());
      const session = agents.get(name);
      if (session !== undefined) await sendAway(desk, session);
      return describe(agent);
    }),
    createAgentToken: unary(async (request) => {
      const token = newToken("agent");
      await store.agents.addToken(
        { agent: readName(request.agent), tokenHash: hashToken(token), expiresAt: expiry(request.ttlSeconds, now()) },
        now(),
      );
      return { token };
    }),
  };
}

function readName(name: string): string {
  const parsed = resourceName.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new TransshipError("INVALID_ARGUMENT", {
    what: `agent name ${JSON.stringify(name)}`,
    why: parsed.error.issues[0]?.message ?? "not a name",
  });
}

const TEN_YEARS_SECONDS = 315_360_000;

function expiry(ttlSeconds: number, now: Date): Date | undefined {
  if (ttlSeconds === 0) return undefined;
  if (ttlSeconds > 0 && ttlSeconds <= TEN_YEARS_SECONDS) return new Date(now.getTime() + ttlSeconds * 1000);
  throw new TransshipError("INVALID_ARGUMENT", {
    what: `a token for ${ttlSeconds} s`,
    why: "it must last between a second and ten years; 0 = until revoked",
  });
}
