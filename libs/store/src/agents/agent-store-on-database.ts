import { TransshipError } from "@transship/errors";
import type { Agent } from "@transship/model";
import type { AgentHello, AgentProcess, AgentStore } from "../agent-store.ts";
import type { Database, Tx } from "../database.ts";
import { postEvent } from "../deliveries/post-event.ts";
import { addToken, agentOfRevokedToken, agentOfToken, revokeTokens } from "./add-token.ts";
import { agentRow, readAgent, readAgents } from "./agent-rows.ts";
import { drainAgent, resumeAgent } from "./drain-agent.ts";
import { loseStream, moveAgent } from "./move-agent.ts";

/** Agents and their tokens on a database. */
export function agentStore({ transact }: Database): AgentStore {
  return {
    addToken: (token, now) => transact((tx) => addToken(tx, token, now)),
    findByToken: (tokenHash, now) => transact((tx) => agentOfToken(tx, tokenHash, now)),
    findByRevokedToken: (tokenHash) => transact((tx) => agentOfRevokedToken(tx, tokenHash)),
    connected: (hello, now) => transact((tx) => connected(tx, hello, now)),
    seen: (name, now) =>
      transact(async (tx) => {
        await tx.updateTable("agents").set({ last_seen_at: now.toISOString() }).where("name", "=", name).execute();
      }),
    disconnected: (name, now, ended = false) =>
      transact((tx) => loseStream(tx, name, { last_seen_at: now.toISOString(), ...(ended ? { run: null, home: null } : {}) })),
    lastProcess: (name) => transact((tx) => lastProcess(tx, name)),
    draining: (name) => transact((tx) => drainAgent(tx, name)),
    resume: (name) => transact((tx) => resumeAgent(tx, name)),
    revoke: (name, now) => transact((tx) => revoke(tx, name, now.toISOString())),
    list: () => transact((tx) => readAgents(tx)),
    get: (name) => transact((tx) => readAgent(tx, name)),
    lost: (since, now, tell) => transact((tx) => lost(tx, since, now.toISOString(), tell)),
    reset: () => transact((tx) => loseStream(tx, undefined, {})),
  };
}

async function connected(tx: Tx, hello: AgentHello, now: Date): Promise<Agent> {
  const { name, region, version, slots, labels = {}, run = null, home = null, host = "" } = hello;
  const texts = { networks: JSON.stringify(hello.networks), labels: JSON.stringify(labels) };
  const said = { region, version, slots, border: hello.border ?? null, run, home, host, ...texts };
  const seen = { ...said, last_seen_at: now.toISOString(), absence: null };
  const old = await agentRow(tx, name);
  if (old?.state === "revoked") {
    throw new TransshipError("NOT_ALLOWED", {
      what: `connecting agent ${name}`,
      why: "it was revoked",
      hint: `Make a new token with \`transship agent token create --name ${name}\` and start the agent with it.`,
    });
  }
  if (old === undefined)
    await tx
      .insertInto("agents")
      .values({ name, state: "online", created_at: now.toISOString(), ...seen })
      .execute();
  else if (run !== null && old.drained_run === run) await moveAgent(tx, name, "draining", seen);
  else await moveAgent(tx, name, "online", { ...seen, drained_run: null });
  return readAgent(tx, name);
}

async function lastProcess(tx: Tx, name: string): Promise<AgentProcess | undefined> {
  const row = await agentRow(tx, name);
  if (row === undefined || row.run === null || row.last_seen_at === null) return undefined;
  return { run: row.run, home: row.home ?? undefined, host: row.host, lastSeenAt: row.last_seen_at };
}

async function lost(tx: Tx, since: Date, now: string, tell: Parameters<AgentStore["lost"]>[2]): Promise<Agent[]> {
  const rows = await tx
    .updateTable("agents")
    .set({ absence: "told" })
    .where("state", "=", "offline")
    .where("absence", "is", null)
    .where("last_seen_at", "<", since.toISOString())
    .returning("name")
    .execute();
  const agents = await readAgents(
    tx,
    rows.map(({ name }) => name),
  );
  for (const agent of agents) await postEvent(tx, tell(agent), now);
  return agents;
}

async function revoke(tx: Tx, name: string, now: string): Promise<Agent> {
  await moveAgent(tx, name, "revoked", { drained_run: null });
  await revokeTokens(tx, name, now);
  return readAgent(tx, name);
}
