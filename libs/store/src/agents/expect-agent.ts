import type { Tx } from "../database.ts";
import { UNSEEN } from "./agent-rows.ts";

/** Shows an agent that somebody speaks of before it was ever seen, as `enrolled`. One that is known stays as it is. */
export async function expectAgent(tx: Tx, name: string, now: string): Promise<void> {
  await tx
    .insertInto("agents")
    .values({ name, state: "enrolled", created_at: now, ...UNSEEN })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
}

/** Nobody speaks of an agent any more: one that was never seen and has no token is forgotten. */
export async function forgetExpected(tx: Tx, name: string): Promise<void> {
  await tx
    .deleteFrom("agents")
    .where("name", "=", name)
    .where("state", "=", "enrolled")
    .where("last_seen_at", "is", null)
    .where(({ not, exists, selectFrom }) => not(exists(selectFrom("agent_tokens").select("agent").where("agent", "=", name))))
    .execute();
}
