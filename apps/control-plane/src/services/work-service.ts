import { toServiceError, type wire } from "@transship/api";
import { asTransshipError } from "@transship/errors";
import { callerOf } from "../access/callers.ts";
import type { AgentSession, WorkStream } from "../work/agent-session.ts";
import { eachMessage } from "../work/each-message.ts";
import { greet, type WorkDesk } from "../work/greet.ts";
import type { ProgressWriter } from "../work/progress-writer.ts";
import type { Questions } from "../work/questions.ts";
import { takeMessage } from "../work/take-message.ts";

type Desk = WorkDesk & { readonly questions: Questions; readonly progress: ProgressWriter };

/** The streams of the agents: each lasts as long as the agent is connected. */
export function workService(desk: Desk): wire.WorkServiceServer {
  return {
    work: (stream) => {
      serve(desk, stream).catch((thrown: unknown) => desk.log.error({ err: thrown }, "a work stream ended badly"));
    },
  };
}

async function serve(desk: Desk, stream: WorkStream): Promise<void> {
  let session: AgentSession | undefined;
  try {
    await eachMessage<wire.AgentMessage>(stream, async (message) => {
      if (session === undefined) session = await greet(desk, callerOf(stream.metadata), stream, message);
      else await takeMessage(desk, session, message);
    });
    if (!stream.cancelled) stream.end();
  } catch (thrown) {
    const error = asTransshipError(thrown, "the work stream");
    if (error.code === "INTERNAL") desk.log.error({ err: thrown, agent: session?.name }, "a work stream failed unexpectedly");
    if (!stream.cancelled) stream.emit("error", toServiceError(error));
  }
  if (session !== undefined) await leave(desk, session);
}

/** The agent keeps its leases: a lost stream ends none, and it may be back in a moment, unless its process said that it ends. */
async function leave(desk: Desk, session: AgentSession): Promise<void> {
  if (!desk.agents.leave(session)) return;
  desk.gates.leave(session.name);
  desk.reach.leave(session.name);
  desk.log.info({ agent: session.name }, "agent disconnected");
  await desk.store.agents.disconnected(session.name, desk.now(), session.ending);
}
