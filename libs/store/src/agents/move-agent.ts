import { AGENT_TRANSITIONS, type AgentState, follow, statesBefore } from "@transship/model";
import { sql, type Updateable } from "kysely";
import type { Tx } from "../database.ts";
import { notFound } from "../not-found.ts";
import type { AgentRow, Tables } from "../tables.ts";
import { agentRow } from "./agent-rows.ts";

/**
 * The one place where an agent's state changes (a new token starts its life anew: `add-token.ts`). An agent that is there already stays and takes the other
 * changes. One guarded statement, so that of two callers one sees the other's state.
 * @throws TransshipError `NOT_FOUND`; `CONFLICT` for a move that the table forbids.
 */
export async function moveAgent(tx: Tx, name: string, to: AgentState, change: Updateable<Tables["agents"]>): Promise<AgentRow> {
  const moved = await tx
    .updateTable("agents")
    .set({ ...change, state: to })
    .where("name", "=", name)
    .where("state", "in", [...statesBefore(AGENT_TRANSITIONS, to), to])
    .returningAll()
    .executeTakeFirst();
  if (moved !== undefined) return moved;
  const row = await agentRow(tx, name);
  if (row === undefined) throw notFound("agent", name);
  follow(AGENT_TRANSITIONS, `agent ${name}`, row.state, to);
  return row;
}

/** Moves an agent, or all, from `online` or `draining` to `offline`; others stay as they are. The absence of one that drained was wanted. */
export async function loseStream(tx: Tx, name: string | undefined, change: Updateable<Tables["agents"]>): Promise<void> {
  const open = statesBefore(AGENT_TRANSITIONS, "offline");
  let update = tx
    .updateTable("agents")
    .set({ ...change, state: "offline", absence: sql<string | null>`case when state = 'draining' then 'planned' else absence end` })
    .where("state", "in", open);
  if (name !== undefined) update = update.where("name", "=", name);
  await update.execute();
}
