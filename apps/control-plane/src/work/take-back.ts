import { TransshipError } from "@transship/errors";
import type { Store } from "@transship/store";
import type { ExecutionLog } from "../logs/execution-log.ts";
import type { AgentSession } from "./agent-session.ts";

/** What asking an agent for its tasks needs. */
export interface TakeBackDesk {
  readonly store: Pick<Store, "tasks">;
  readonly executionLog: ExecutionLog;
}

/** Asks a connected agent to give back all that it has. It does so when it writes nothing of it any more; checkpoints stay. */
export async function askBack(desk: TakeBackDesk, session: AgentSession, because: string): Promise<void> {
  for (const { id, epoch, executionId } of await desk.store.tasks.heldBy(session.name, session.home)) {
    session.send({ $case: "cancel", value: { lease: { taskId: id, epoch }, giveBack: true } });
    desk.executionLog.info(executionId, `agent ${session.name} is asked to give it back: ${because}`, {
      task: id,
      agent: session.name,
      epoch,
    });
  }
}

/** How long a revoked agent may take to give back what it has, in milliseconds. */
const FAREWELL_MS = 5_000;
const LOOK_MS = 50;

/**
 * Sends a revoked agent away: it is asked for its tasks, nothing but their reports is listened to any more, and its stream ends when all are given back, or after
 * some seconds. Tasks that it did not give back stay leased to their leases' ends: until then it might still write.
 */
export async function sendAway(desk: TakeBackDesk, session: AgentSession): Promise<void> {
  session.draining = true;
  session.revoked = true;
  await askBack(desk, session, "the agent was revoked");
  const end = performance.now() + FAREWELL_MS;
  while (performance.now() < end && !session.gone.aborted) {
    if ((await desk.store.tasks.heldBy(session.name, session.home)).length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  session.end(revokedError(session.name));
}

/** What a revoked agent is told. */
export function revokedError(name: string): TransshipError {
  return new TransshipError("NOT_ALLOWED", {
    what: `the stream of agent ${name}`,
    why: "the agent was revoked",
    hint: `To let it in again, make a new token with \`transship agent token create --name ${name}\` and start the agent with it.`,
  });
}
