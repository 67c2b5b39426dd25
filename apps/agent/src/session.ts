import type { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { Logger } from "pino";
import { Questions } from "./answer-questions/questions.ts";
import type { Connection } from "./connection.ts";
import type { Leases } from "./leases.ts";
import type { Registries } from "./registries.ts";
import { Renewals } from "./renew-leases.ts";
import type { Reports } from "./report.ts";
import { DemandReport } from "./report-demand.ts";
import { GateReport } from "./report-gates.ts";
import type { RulePaces } from "./rule-paces.ts";
import { ReachReport } from "./survey/report-reach.ts";
import type { Surveyor } from "./survey/surveyor.ts";
import type { Assignments } from "./take-assignments.ts";
import type { TaskLogs } from "./task-logs.ts";
import type { ControlSays, WorkStream } from "./work-stream.ts";

/** The control plane answers Hello within so many milliseconds, or the stream is given up. */
const WELCOME_MS = 15_000;
/** After the agent has said its last word, the control plane may take so many milliseconds to hear it. */
const FAREWELL_MS = 500;

/** What a session speaks about. */
export interface SessionMeans {
  /** Who this agent is, without what it holds. */
  readonly identity: Omit<wire.Hello, "holds">;
  readonly assignments: Assignments;
  readonly leases: Leases;
  readonly reports: Reports;
  readonly logs: TaskLogs;
  readonly connection: Connection;
  readonly registries: Registries;
  readonly surveyor: Surveyor;
  readonly paces: RulePaces;
  readonly logger: Logger;
}

/**
 * One stream from hello to its end: hello → welcome → unacknowledged reports, renewal, progress, demand → whatever comes. Tasks go on when it ends; answers
 * to questions do not. Resolves or rejects when the stream is over; `signal` ends it.
 */
export async function holdSession(
  stream: WorkStream,
  means: SessionMeans,
  welcomed: (welcome: wire.Welcome) => void,
  signal: AbortSignal,
): Promise<void> {
  using ending = new DisposableStack();
  ending.use(stream);
  endOnSignal(stream, signal, ending);
  const messages = stream.messages();
  stream.send({ $case: "hello", value: { ...means.identity, holds: holdsOf(means) } });
  const welcome = await awaitWelcome(messages, stream);
  if (welcome === undefined) return;
  welcomed(welcome);
  means.registries.forgetShares();
  means.paces.forgetShares();

  const { assignments, reports, logs, connection, leases } = means;
  ending.defer(() => connection.detach(stream));
  connection.attach(stream);
  // What attempts did, before the reports of how they ended.
  ending.defer(() => logs.detach(stream));
  logs.attach(stream, welcome.takesLog);
  // Reports come first: what they end need not be renewed or assigned again.
  ending.defer(() => reports.detach(stream));
  reports.attach(stream);
  const renewals = ending.use(new Renewals(stream, leases, welcome.leaseMs, (key) => assignments.lose(key)));
  const questions = ending.use(new Questions(stream, means.registries, means.logs, means.logger));
  for (const message of assignments.progress()) connection.tell(message);
  ending.use(new GateReport(stream, means.registries));
  const reach = ending.use(new ReachReport(stream, means.surveyor));
  const demand = new DemandReport(stream, assignments);
  ending.use(demand);
  for await (const message of messages) hear(message, { ...means, renewals, questions, demand, reach, stream });
}

interface Hearing extends SessionMeans {
  readonly renewals: Renewals;
  readonly questions: Questions;
  readonly demand: DemandReport;
  readonly stream: WorkStream;
  readonly reach: ReachReport;
}

function hear(message: ControlSays, hearing: Hearing): void {
  const { assignments, renewals, reports, logs, questions, demand } = hearing;
  switch (message.$case) {
    case "assignment":
      assignments.take(message.value);
      break;
    case "renewed":
      renewals.answered(message.value);
      break;
    case "cancel":
      if (message.value.lease === undefined) break;
      if (message.value.giveBack) assignments.giveBack(message.value.lease);
      else assignments.cancel(message.value.lease);
      break;
    case "budget":
      hearing.registries.share(message.value.instances);
      hearing.paces.share(message.value.rules);
      break;
    case "survey":
      hearing.surveyor.take(message.value);
      hearing.reach.begin();
      break;
    case "ack":
      reports.acknowledge(message.value.sequence);
      break;
    case "logAck":
      logs.acknowledge(message.value.number);
      break;
    case "challenge":
      hearing.logger.warn({ host: message.value.host }, "another process claims the name of this agent; give it one of its own");
      hearing.stream.send({ $case: "alive", value: { id: message.value.id, ending: false } });
      break;
    case "question":
      questions.ask(message.value);
      break;
    case "answerCredit":
      questions.credit(message.value.questionId, message.value.parts);
      break;
    case "cancelQuestion":
      questions.cancel(message.value.id);
      break;
    case "drain":
      if (message.value.over) demand.resume();
      else demand.end();
      break;
    case "welcome":
      break;
  }
}

function holdsOf(means: SessionMeans): wire.LeaseKey[] {
  const keys = [...means.leases.held(), ...means.reports.leases()];
  return [...new Map(keys.map((key) => [`${key.taskId} ${key.epoch}`, key])).values()];
}

/** The answer to Hello; undefined where the control plane closed the stream instead. */
async function awaitWelcome(messages: AsyncGenerator<ControlSays>, stream: WorkStream): Promise<wire.Welcome | undefined> {
  const late = new TransshipError("CONTROL_PLANE_UNREACHABLE", {
    what: "saying hello to the control plane",
    why: `no answer within ${WELCOME_MS} ms`,
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    stream[Symbol.dispose]();
  }, WELCOME_MS);
  try {
    const first = await messages.next();
    if (first.done === true) return undefined;
    if (first.value.$case === "welcome") return first.value.value;
    throw new TransshipError("INTERNAL", { what: "saying hello to the control plane", why: `it answered with ${first.value.$case}` });
  } catch (thrown) {
    throw timedOut ? late : thrown;
  } finally {
    clearTimeout(timer);
  }
}

function endOnSignal(stream: WorkStream, signal: AbortSignal, ending: DisposableStack): void {
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    stream.send({ $case: "alive", value: { id: "", ending: true } });
    stream.finish();
    timer = setTimeout(() => stream[Symbol.dispose](), FAREWELL_MS);
  };
  if (signal.aborted) end();
  signal.addEventListener("abort", end);
  ending.defer(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  });
}
