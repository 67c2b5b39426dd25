import { TransshipError } from "@transship/errors";
import type { Tx } from "../database.ts";
import { agentRow, UNSEEN } from "./agent-rows.ts";

/** A token to add. `hash` is hex; without `expiresAt` it never ends. */
export interface NewToken {
  readonly agent: string;
  readonly tokenHash: string;
  readonly expiresAt?: Date | undefined;
}

/**
 * Adds a token, and the agent where it is new. A revoked agent begins anew as `enrolled`: no transition of its old life, which stays over.
 * Adding a token twice changes its expiry only. @throws TransshipError `CONFLICT` where another agent has this very token.
 */
export async function addToken(tx: Tx, token: NewToken, now: Date): Promise<void> {
  const created_at = now.toISOString();
  const agent = await agentRow(tx, token.agent);
  if (agent === undefined) {
    await tx
      .insertInto("agents")
      .values({ name: token.agent, state: "enrolled", created_at, ...UNSEEN })
      .execute();
  } else if (agent.state === "revoked") {
    await tx.updateTable("agents").set({ state: "enrolled" }).where("name", "=", token.agent).execute();
  }
  const expires_at = token.expiresAt?.toISOString() ?? null;
  const stored = await tx
    .insertInto("agent_tokens")
    .values({ token_hash: token.tokenHash, agent: token.agent, expires_at, created_at })
    .onConflict((conflict) => conflict.column("token_hash").doUpdateSet({ expires_at, revoked_at: null }))
    .returning("agent")
    .executeTakeFirstOrThrow();
  if (stored.agent === token.agent) return;
  throw new TransshipError("CONFLICT", { what: `a token for agent ${token.agent}`, why: "another agent has this token; make a new one" });
}

/** The agent of an unexpired token. */
export async function agentOfToken(tx: Tx, tokenHash: string, now: Date): Promise<string | undefined> {
  const found = await tx
    .selectFrom("agent_tokens")
    .innerJoin("agents", "agents.name", "agent_tokens.agent")
    .select("agents.name")
    .where("token_hash", "=", tokenHash)
    .where("agents.state", "!=", "revoked")
    .where("revoked_at", "is", null)
    .where((or) => or.or([or("expires_at", "is", null), or("expires_at", ">", now.toISOString())]))
    .executeTakeFirst();
  return found?.name;
}

/** The agent whose revoked token this is. */
export async function agentOfRevokedToken(tx: Tx, tokenHash: string): Promise<string | undefined> {
  const found = await tx
    .selectFrom("agent_tokens")
    .select("agent")
    .where("token_hash", "=", tokenHash)
    .where("revoked_at", "is not", null)
    .executeTakeFirst();
  return found?.agent;
}

/** Voids all tokens of an agent. */
export async function revokeTokens(tx: Tx, agent: string, now: string): Promise<void> {
  await tx.updateTable("agent_tokens").set({ revoked_at: now }).where("agent", "=", agent).where("revoked_at", "is", null).execute();
}
