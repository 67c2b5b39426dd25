import { logEntryFromMessage, type wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { LogEntry, Task } from "@transship/model";
import type { LogCursor, Store } from "@transship/store";
import type { AgentSession } from "../work/agent-session.ts";
import type { ConnectedAgents } from "../work/connected-agents.ts";
import type { LogWriter } from "./log-writer.ts";

/** Lines of one message, at most; more are left aside. */
const MOST_LINES = 500;
const MOST_RUN_LENGTH = 64;
/** Lines of one agent that wait to be stored, at most: twice what an agent sends ahead. */
const MOST_WAITING = 2_000;

/** What taking an agent's lines needs. */
export interface LogDesk {
  readonly store: Store;
  readonly agents: ConnectedAgents;
  readonly logWriter: LogWriter;
  readonly agentLogs: AgentLogs;
  readonly now: () => Date;
}

/** Up to where the lines of each agent were taken, stored or not yet. */
export class AgentLogs {
  readonly #taken = new Map<string, LogCursor>();
  /** Lines of each agent that are taken and not stored yet. */
  readonly #waiting = new Map<string, number>();

  /** Up to where this process of the agent was heard; 0 = not at all. */
  heard(agent: string, run: string): number {
    const cursor = this.#taken.get(agent);
    return cursor?.run === run ? cursor.number : 0;
  }

  async load(agent: string, store: Store): Promise<void> {
    if (this.#taken.has(agent)) return;
    const stored = await store.logs.cursor(agent);
    if (stored !== undefined && !this.#taken.has(agent)) this.#taken.set(agent, stored);
  }

  /** Takes so many lines, up to the cursor. @throws TransshipError `INVALID_ARGUMENT` for an agent that does not wait for acknowledgements. */
  take(cursor: LogCursor, lines: number): void {
    const { agent } = cursor;
    const waiting = (this.#waiting.get(agent) ?? 0) + lines;
    if (waiting > MOST_WAITING) {
      throw new TransshipError("INVALID_ARGUMENT", {
        what: `the log of agent ${agent}`,
        why: `it sent ${waiting} lines without waiting for an answer`,
      });
    }
    this.#waiting.set(agent, waiting);
    this.#taken.set(agent, cursor);
  }

  stored(agent: string, lines: number): void {
    this.#waiting.set(agent, (this.#waiting.get(agent) ?? 0) - lines);
  }
}

/**
 * Takes lines of an agent, each once however often it is sent, and acknowledges them when they are stored.
 * @throws TransshipError `INVALID_ARGUMENT` for an agent that does not wait for acknowledgements; it sends again what has none.
 */
export async function takeLog(desk: LogDesk, session: AgentSession, message: wire.Log): Promise<void> {
  const { store, logWriter, agentLogs, now } = desk;
  const agent = session.name;
  const lines = message.lines.slice(0, MOST_LINES);
  const last = lines.at(-1);
  if (last === undefined || message.run.length > MOST_RUN_LENGTH) return;
  await agentLogs.load(agent, store);
  const executions = await executionsOf(store, agent, lines);
  // From here on nothing waits: an older stream of the agent must not bring the same lines in between.
  const heard = agentLogs.heard(agent, message.run);
  const cursor = { agent, run: message.run, number: Math.max(heard, last.number) };
  const entries = lines.flatMap((line): LogEntry[] => {
    const executionId = executions.get(leaseText(line));
    return line.number <= heard || executionId === undefined ? [] : [logEntryFromMessage(line, executionId, agent, now())];
  });
  agentLogs.take(cursor, entries.length);
  const onStored = () => {
    agentLogs.stored(agent, entries.length);
    desk.agents.get(agent)?.send({ $case: "logAck", value: { number: cursor.number } });
  };
  logWriter.addOfAgent({ entries, cursor, onStored });
}

/** The executions that lines belong to, by their leases or as the agent was told. Missing: those of tasks that the agent has no part in. */
async function executionsOf(store: Store, agent: string, lines: readonly wire.TaskLogLine[]): Promise<Map<string, string>> {
  const executions = new Map<string, string>();
  for (const line of new Map(lines.map((one) => [leaseText(one), one])).values()) {
    if (line.lease === undefined) {
      // The store leaves out what names no execution; every line names who says it.
      executions.set(leaseText(line), line.executionId ?? "");
      continue;
    }
    const task = await taskOf(store, line.lease.taskId);
    // Who had an earlier lease is not known any more; its last words are worth having, and every line names who says it.
    const own = task !== undefined && (task.agent === agent || line.lease.epoch < task.epoch);
    if (own) executions.set(leaseText(line), task.executionId);
  }
  return executions;
}

async function taskOf(store: Store, id: string): Promise<Task | undefined> {
  try {
    return await store.tasks.get(id);
  } catch (thrown) {
    if (thrown instanceof TransshipError && thrown.code === "NOT_FOUND") return undefined;
    throw thrown;
  }
}

function leaseText({ lease, executionId }: wire.TaskLogLine): string {
  return lease === undefined ? `${executionId}` : `${lease.taskId} ${lease.epoch}`;
}
