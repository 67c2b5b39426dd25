import type { Agent } from "@transship/model";
import type { Tx } from "../database.ts";
import type { AgentRow } from "../tables.ts";

/** A stored agent. */
export function agentOf(row: AgentRow): Agent {
  return {
    name: row.name,
    region: row.region,
    border: row.border ?? undefined,
    networks: JSON.parse(row.networks) as string[],
    state: row.state,
    version: row.version,
    slots: row.slots,
    lastSeenAt: row.last_seen_at ?? undefined,
    createdAt: row.created_at,
  };
}

/** The row of an agent, or undefined. */
export function agentRow(tx: Tx, name: string): Promise<AgentRow | undefined> {
  return tx.selectFrom("agents").selectAll().where("name", "=", name).executeTakeFirst();
}
