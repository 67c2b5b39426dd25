import type { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { labelsSchema, resourceName } from "@transship/model";
import type { AgentHello, LeaseKey } from "@transship/store";
import type { Caller } from "../access/callers.ts";
import type { Budgets } from "../budgets/budgets.ts";
import type { LogDesk } from "../logs/take-log.ts";
import { VERSION } from "../version.ts";
import type { WakeUp } from "../wake-up.ts";
import { AgentSession, type WorkStream } from "./agent-session.ts";
import { checkVersion } from "./check-version.ts";
import { claimName, type NameDesk } from "./claim-name.ts";
import type { GateBoard } from "./gate-board.ts";
import type { ReachBoard } from "./reach-board.ts";
import type { Surveys } from "./surveys.ts";
import type { ReportDesk } from "./take-report.ts";

/** What the Work stream needs. */
export interface WorkDesk extends ReportDesk, LogDesk, NameDesk {
  readonly gates: GateBoard;
  readonly reach: ReachBoard;
  readonly surveys: Surveys;
  readonly budgets: Budgets;
  readonly leaseMs: number;
  /** Wakes what starts executions by the clock. */
  readonly clock: WakeUp;
}

const MOST_SLOTS = 1000;
const MOST_NETWORKS = 64;
const MOST_LABELS = 64;
/** Characters of names that agents make up: of processes, machines and homes. */
const LONGEST_NAME = 256;

/** Opens a session from an agent's Hello. @throws TransshipError `NOT_ALLOWED` for another agent's name or a revoked one, `AGENT_NAME_TAKEN`, `VERSION_SKEW`, `INVALID_ARGUMENT`. */
export async function greet(
  desk: WorkDesk,
  caller: Caller | undefined,
  stream: WorkStream,
  message: wire.AgentMessage,
): Promise<AgentSession> {
  if (message.message?.$case !== "hello") throw refused("INVALID_ARGUMENT", "the first message must be Hello");
  const hello = message.message.value;
  if (caller?.agent !== undefined && caller.agent !== hello.name) {
    throw refused("NOT_ALLOWED", `the token was made for agent ${caller.agent}, not for ${hello.name}`);
  }
  const known = readHello(hello);
  checkVersion(known.name, known.version);
  await claimName(desk, known);
  if (stream.cancelled) throw refused("CANCELLED", "the agent hung up");
  const { labels, state } = await desk.store.agents.connected(known, desk.now());
  const session = new AgentSession({ ...known, labels }, stream);
  session.draining = state === "draining";
  if (stream.cancelled) throw refused("CANCELLED", "the agent hung up");
  desk.agents.join(session);
  desk.log.info({ agent: known.name, region: known.region, networks: known.networks, holds: hello.holds.length }, "agent connected");
  session.send({ $case: "welcome", value: { version: VERSION, leaseMs: desk.leaseMs, takesLog: true } });
  if (session.draining) session.send({ $case: "drain", value: { over: false } });
  desk.surveys.joined();
  await settleHolds(desk, session, hello.holds);
  // What edges lacked may have been this agent.
  if (await desk.store.topology.repairNow(desk.now())) desk.clock.wake();
  return session;
}

/**
 * Leases that still hold go on; others are cancelled; tasks that the agent has forgotten go back to the queue at once, except those that a process of its name has
 * elsewhere: that one may be cut off and still write, so they wait until its leases end. It holds tasks whose reports wait in its
 * outbox too, so that nothing is done again only because its report is late.
 */
async function settleHolds(desk: WorkDesk, session: AgentSession, holds: readonly LeaseKey[]): Promise<void> {
  const { tasks } = desk.store;
  for (const lease of await tasks.renew(session.name, holds, desk.leaseMs, desk.now()))
    session.send({ $case: "cancel", value: { lease, giveBack: false } });
  for (const task of await tasks.heldBy(session.name)) {
    if (holds.some((hold) => hold.taskId === task.id && hold.epoch === task.epoch)) continue;
    if (session.home !== undefined && task.home !== undefined && task.home !== session.home) {
      const words = `agent ${session.name} works at another place now; the task stays with its former process until the lease ends`;
      desk.executionLog.info(task.executionId, words, { task: task.id, agent: session.name });
      continue;
    }
    desk.budgets.end(task.id);
    await tasks.finish({ taskId: task.id, epoch: task.epoch }, { state: "queued", progress: task.progress }, desk.now());
    const words = `agent ${session.name} started anew without the task; it is back in the queue`;
    desk.executionLog.warn(task.executionId, words, { task: task.id, agent: session.name });
    desk.changes.notify(task.executionId, "state");
  }
  desk.work.wake();
}

function readHello(hello: wire.Hello): AgentHello {
  const name = resourceName.safeParse(hello.name);
  if (!name.success) throw refused("INVALID_ARGUMENT", `${JSON.stringify(hello.name)}: ${name.error.issues[0]?.message ?? "not a name"}`);
  if (hello.networks.length > MOST_NETWORKS) throw refused("INVALID_ARGUMENT", `an agent is in at most ${MOST_NETWORKS} networks`);
  const labels = labelsSchema.safeParse(hello.labels);
  if (!labels.success || Object.keys(labels.data).length > MOST_LABELS)
    throw refused(
      "INVALID_ARGUMENT",
      `an agent has at most ${MOST_LABELS} labels, of at most 63 characters each, and values of at most 255`,
    );
  return {
    name: hello.name,
    labels: labels.data,
    run: told(hello.run),
    host: told(hello.host),
    home: told(hello.home),
    region: hello.region,
    border: hello.border === "" ? undefined : hello.border,
    networks: hello.networks,
    version: hello.version,
    slots: Math.max(0, Math.min(MOST_SLOTS, hello.slots)),
  };
}

/** Undefined where nothing was said. */
function told(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text.slice(0, LONGEST_NAME);
}

function refused(code: "NOT_ALLOWED" | "INVALID_ARGUMENT" | "CANCELLED", why: string): TransshipError {
  return new TransshipError(code, { what: "connecting an agent", why });
}
