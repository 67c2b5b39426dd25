import type { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { takeLog } from "../logs/take-log.ts";
import type { AgentSession } from "./agent-session.ts";
import type { WorkDesk } from "./greet.ts";
import type { ProgressWriter } from "./progress-writer.ts";
import type { Questions } from "./questions.ts";
import { takeOutcome } from "./take-report.ts";

/** Does what a message of a connected agent asks for. Messages of a newer agent that this version does not know are left aside. */
export async function takeMessage(
  desk: WorkDesk & { readonly questions: Questions; readonly progress: ProgressWriter },
  session: AgentSession,
  { message }: wire.AgentMessage,
): Promise<void> {
  desk.agents.heard(session);
  if (session.revoked && message?.$case !== "outcome" && message?.$case !== "log") return;
  switch (message?.$case) {
    case "demand":
      session.credit = Math.max(0, Math.min(session.slots, message.value.tasks));
      desk.work.wake();
      return;
    case "renew":
      return renew(desk, session, message.value.leases);
    case "progress":
      return desk.progress.add(session, message.value);
    case "outcome":
      desk.progress.drop(message.value.lease?.taskId ?? "");
      return takeOutcome(desk, session, message.value);
    case "gates":
      // The last words of a stream that was replaced say nothing of the new one.
      if (desk.agents.get(session.name) !== session) return;
      desk.gates.take(session.name, message.value, desk.now());
      return desk.budgets.heard(session, message.value);
    case "reach":
      if (desk.agents.get(session.name) !== session || !desk.reach.take(session.name, message.value, desk.now())) return;
      desk.agents.reachChanged();
      desk.work.wake();
      return;
    case "log":
      return takeLog(desk, session, message.value);
    case "alive":
      session.ending ||= message.value.ending;
      return session.lives(message.value.id);
    case "answer":
      return desk.questions.take(session, message.value);
    case "hello":
      throw new TransshipError("INVALID_ARGUMENT", { what: `the stream of agent ${session.name}`, why: "it said Hello twice" });
  }
}

async function renew(desk: WorkDesk, session: AgentSession, leases: readonly wire.LeaseKey[]): Promise<void> {
  const lost = await desk.store.tasks.renew(session.name, leases, desk.leaseMs, desk.now());
  await desk.store.agents.seen(session.name, desk.now());
  const kept = leases.filter((lease) => !lost.some((gone) => gone.taskId === lease.taskId && gone.epoch === lease.epoch));
  session.send({ $case: "renewed", value: { leases: kept } });
}
