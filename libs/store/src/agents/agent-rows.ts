import type { Agent } from "@transship/model";
import type { Tx } from "../database.ts";
import { notFound } from "../not-found.ts";
import type { AgentRow } from "../tables.ts";

type Told = Readonly<Record<string, string>>;

/** A stored agent. `documented`: the labels of its document, which win over those that its process says. */
export function agentOf(row: AgentRow, documented: string | null | undefined): Agent {
  return {
    name: row.name,
    region: row.region,
    border: row.border ?? undefined,
    networks: JSON.parse(row.networks) as string[],
    state: row.state,
    version: row.version,
    slots: row.slots,
    host: row.host,
    labels: { ...(JSON.parse(row.labels) as Told), ...(JSON.parse(documented ?? "{}") as Told) },
    lastSeenAt: row.last_seen_at ?? undefined,
    createdAt: row.created_at,
  };
}

/** The row of an agent, or undefined. */
export function agentRow(tx: Tx, name: string): Promise<AgentRow | undefined> {
  return tx.selectFrom("agents").selectAll().where("name", "=", name).executeTakeFirst();
}

/** All agents by name, or those of the given names. */
export async function readAgents(tx: Tx, names?: readonly string[]): Promise<Agent[]> {
  let query = tx
    .selectFrom("agents")
    .leftJoin("agent_documents", "agent_documents.name", "agents.name")
    .selectAll("agents")
    .select("agent_documents.labels as documented");
  if (names !== undefined) query = query.where("agents.name", "in", names);
  return (await query.orderBy("agents.name").execute()).map(({ documented, ...row }) => agentOf(row, documented));
}

/** One agent. @throws TransshipError `NOT_FOUND`. */
export async function readAgent(tx: Tx, name: string): Promise<Agent> {
  const [agent] = await readAgents(tx, [name]);
  if (agent === undefined) throw notFound("agent", name);
  return agent;
}

/** What the row of an agent has that was never seen. */
export const UNSEEN = { region: "", border: null, networks: "[]", version: "", slots: 0, last_seen_at: null, absence: null } as const;
