import { TransshipError } from "@transship/errors";
import type { Agent } from "@transship/model";
import type { Tx } from "../database.ts";
import { notFound } from "../not-found.ts";
import { agentRow, readAgent } from "./agent-rows.ts";
import { moveAgent } from "./move-agent.ts";

/**
 * Has the present process of an agent take nothing new, also when it comes back after its stream broke: the next process of the name does. One that is away stays
 * `offline` until it is back. @throws TransshipError `NOT_FOUND`; `CONFLICT` for one that was never seen, or is revoked.
 */
export async function drainAgent(tx: Tx, name: string): Promise<Agent> {
  const row = await agentRow(tx, name);
  if (row?.state === "offline" && row.run !== null)
    await tx.updateTable("agents").set({ drained_run: row.run, absence: "planned" }).where("name", "=", name).execute();
  else await moveAgent(tx, name, "draining", { drained_run: row?.run ?? null });
  return readAgent(tx, name);
}

/** Ends the draining of an agent. @throws TransshipError `NOT_FOUND`; `CONFLICT` for one that does not drain. */
export async function resumeAgent(tx: Tx, name: string): Promise<Agent> {
  const row = await agentRow(tx, name);
  if (row === undefined) throw notFound("agent", name);
  if (row.state === "draining") await moveAgent(tx, name, "online", { drained_run: null });
  else if (row.state === "offline" && row.drained_run !== null)
    await tx.updateTable("agents").set({ drained_run: null }).where("name", "=", name).execute();
  else throw new TransshipError("CONFLICT", { what: `resuming agent ${name}`, why: `it does not drain: it is ${row.state}` });
  return readAgent(tx, name);
}
