import { randomUUID } from "node:crypto";
import { failureToError, type wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { AgentSession } from "./agent-session.ts";
import { PendingAnswer } from "./pending-answer.ts";

/** What to look up. */
export type Ask = NonNullable<wire.Question["ask"]>;
/** A part of what was found. */
export type Found = Exclude<NonNullable<wire.Answer["found"]>, { $case: "failure" }>;

/** Parts that an agent may send beyond those that were used: enough to be busy while one is used, and few enough to be held for every question there is. */
const PARTS_AHEAD = 8;

/** The agent went away before it had answered; another may know. */
export class AgentGone extends TransshipError {
  readonly agent: string;

  constructor(agent: string) {
    super("CONNECTION_FAILED", {
      what: `asking agent ${agent}`,
      why: "it disconnected before it had answered",
      hint: "Check that the agent runs and reaches the control plane.",
    });
    this.agent = agent;
  }
}

/** Questions that agents are answering: the control plane looks nothing up itself. */
export class Questions {
  readonly #pending = new Map<string, { readonly session: AgentSession; readonly answer: PendingAnswer }>();
  readonly #silenceMs: number;

  /** `silenceMs`: how long an agent may say nothing before the question fails with `TIMED_OUT`. */
  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
  }

  /**
   * Asks one agent and gives its answer part by part; `executionId` is what it is asked for, if anything. Leaving the loop early, or aborting, tells the agent to forget the question.
   * @throws TransshipError what the agent says that went wrong; AgentGone; `TIMED_OUT`; the reason of `signal`.
   */
  async *ask(
    session: AgentSession,
    access: wire.RegistryAccess,
    ask: Ask,
    signal: AbortSignal,
    executionId?: string,
  ): AsyncGenerator<Found, void, undefined> {
    signal.throwIfAborted();
    const id = randomUUID();
    const answer = new PendingAnswer();
    const onGone = () => answer.fail(new AgentGone(session.name));
    const onAbort = () => answer.fail(signal.reason);
    this.#pending.set(id, { session, answer });
    session.gone.addEventListener("abort", onGone, { once: true });
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      if (!session.send({ $case: "question", value: { id, access, ask, parts: PARTS_AHEAD, executionId } }))
        throw new AgentGone(session.name);
      for (let used = 1; ; used++) {
        const part = await answer.next(this.#silenceMs, () => silent(session.name, this.#silenceMs));
        if (!answer.complete) session.send({ $case: "answerCredit", value: { questionId: id, parts: used + PARTS_AHEAD } });
        yield part.found;
        if (part.last) return;
      }
    } finally {
      this.#pending.delete(id);
      session.gone.removeEventListener("abort", onGone);
      signal.removeEventListener("abort", onAbort);
      if (!answer.complete) session.send({ $case: "cancelQuestion", value: { id } });
    }
  }

  /** Takes a part of an answer. Parts of questions that nobody waits for any more, or that went to another agent, are dropped. */
  take(session: AgentSession, message: wire.Answer): void {
    const pending = this.#pending.get(message.questionId);
    if (pending === undefined || pending.session !== session) return;
    const { answer } = pending;
    if (message.found?.$case === "failure") answer.fail(failureToError(message.found.value), { complete: true });
    else if (message.found === undefined) answer.fail(malformed(session.name, "a part without content"));
    else if (message.part !== answer.expected) answer.fail(malformed(session.name, `part ${message.part} instead of ${answer.expected}`));
    else answer.add({ found: message.found, last: message.last });
  }
}

function silent(agent: string, ms: number): TransshipError {
  return new TransshipError("TIMED_OUT", { what: `asking agent ${agent}`, why: `it said nothing for ${Math.round(ms / 1000)} s` });
}

function malformed(agent: string, got: string): TransshipError {
  return new TransshipError("INTERNAL", { what: `the answer of agent ${agent}`, why: `it sent ${got}` });
}
