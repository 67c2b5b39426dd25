import { TransshipError } from "@transship/errors";
import type { Agent } from "@transship/model";
import type { AgentHello, AgentStore } from "../agent-store.ts";
import type { Database, Tx } from "../database.ts";
import { postEvent } from "../deliveries/post-event.ts";
import { notFound } from "../not-found.ts";
import { addToken, agentOfToken } from "./add-token.ts";
import { agentOf, agentRow } from "./agent-rows.ts";
import { loseStream, moveAgent } from "./move-agent.ts";

/** Agents and their tokens on a database. */
export function agentStore({ transact }: Database): AgentStore {
  return {
    addToken: (token, now) => transact((tx) => addToken(tx, token, now)),
    findByToken: (tokenHash, now) => transact((tx) => agentOfToken(tx, tokenHash, now)),
    connected: (hello, now) => transact((tx) => connected(tx, hello, now)),
    seen: (name, now) =>
      transact(async (tx) => {
        await tx.updateTable("agents").set({ last_seen_at: now.toISOString() }).where("name", "=", name).execute();
      }),
    disconnected: (name, now) => transact((tx) => loseStream(tx, name, { last_seen_at: now.toISOString() })),
    draining: (name) => transact(async (tx) => agentOf(await moveAgent(tx, name, "draining", {}))),
    revoke: (name) => transact((tx) => revoke(tx, name)),
    list: () => transact(async (tx) => (await tx.selectFrom("agents").selectAll().orderBy("name").execute()).map(agentOf)),
    get: (name) => transact((tx) => get(tx, name)),
    lost: (since, now, tell) => transact((tx) => lost(tx, since, now.toISOString(), tell)),
    reset: () => transact((tx) => loseStream(tx, undefined, {})),
  };
}

async function connected(tx: Tx, hello: AgentHello, now: Date): Promise<Agent> {
  const { name, region, version, slots } = hello;
  const said = { region, version, slots, border: hello.border ?? null, networks: JSON.stringify(hello.networks) };
  const seen = { ...said, last_seen_at: now.toISOString(), absence: null };
  const old = await agentRow(tx, name);
  if (old?.state === "revoked") {
    throw new TransshipError("NOT_ALLOWED", {
      what: `connecting agent ${name}`,
      why: "it was revoked",
      hint: "Make a new token with `transship agent token create`.",
    });
  }
  if (old !== undefined) return agentOf(await moveAgent(tx, name, "online", seen));
  const added = await tx
    .insertInto("agents")
    .values({ name, state: "online", created_at: now.toISOString(), ...seen })
    .returningAll()
    .executeTakeFirstOrThrow();
  return agentOf(added);
}

async function lost(tx: Tx, since: Date, now: string, tell: Parameters<AgentStore["lost"]>[2]): Promise<Agent[]> {
  const rows = await tx
    .updateTable("agents")
    .set({ absence: "told" })
    .where("state", "=", "offline")
    .where("absence", "is", null)
    .where("last_seen_at", "<", since.toISOString())
    .returningAll()
    .execute();
  const agents = rows.map(agentOf);
  for (const agent of agents) await postEvent(tx, tell(agent), now);
  return agents;
}

async function revoke(tx: Tx, name: string): Promise<Agent> {
  const row = await moveAgent(tx, name, "revoked", {});
  await tx.deleteFrom("agent_tokens").where("agent", "=", name).execute();
  return agentOf(row);
}

async function get(tx: Tx, name: string): Promise<Agent> {
  const row = await agentRow(tx, name);
  if (row === undefined) throw notFound("agent", name);
  return agentOf(row);
}
