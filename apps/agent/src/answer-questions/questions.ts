import type { wire } from "@transship/api";
import { asTransshipError, type Side, TransshipError } from "@transship/errors";
import type { Logger } from "pino";
import { safeFailure, secretsOf } from "../hide-secrets.ts";
import type { Registries } from "../registries.ts";
import type { TaskLogs } from "../task-logs.ts";
import type { WorkStream } from "../work-stream.ts";
import { AnswerCredit } from "./answer-credit.ts";
import { findMissing } from "./find-missing.ts";
import { listNames } from "./list-names.ts";
import { listTags } from "./list-tags.ts";
import { measureArtifacts } from "./measure-artifacts.ts";
import { pingRegistry } from "./ping.ts";
import { resolveTags } from "./resolve-tags.ts";

/** A part of an answer. */
export type Found = NonNullable<wire.Answer["found"]>;

interface Asked {
  readonly stop: AbortController;
  readonly credit: AnswerCredit;
}

/** The questions of one stream that are being answered. Disposing drops them all: nobody would hear the answers. */
export class Questions implements Disposable {
  readonly #stream: WorkStream;
  readonly #registries: Registries;
  readonly #logs: Pick<TaskLogs, "add">;
  readonly #logger: Logger;
  readonly #asked = new Map<string, Asked>();

  constructor(stream: WorkStream, registries: Registries, logs: Pick<TaskLogs, "add">, logger: Logger) {
    this.#stream = stream;
    this.#registries = registries;
    this.#logs = logs;
    this.#logger = logger;
  }

  /** Begins to answer. Parts go out as they are found; a failure is the last part. */
  ask(question: wire.Question): void {
    if (this.#asked.has(question.id)) return;
    const asked: Asked = { stop: new AbortController(), credit: new AnswerCredit(question.parts) };
    this.#asked.set(question.id, asked);
    void this.#answer(question, asked).finally(() => this.#asked.delete(question.id));
  }

  /** The asker has room for so many parts in all. */
  credit(id: string, parts: number): void {
    this.#asked.get(id)?.credit.grow(parts);
  }

  /** Stops answering; nothing more is sent. */
  cancel(id: string): void {
    this.#asked.get(id)?.stop.abort(new TransshipError("CANCELLED", { what: `question ${id}`, why: "nobody waits for the answer" }));
  }

  [Symbol.dispose](): void {
    for (const id of this.#asked.keys()) this.cancel(id);
  }

  /** Never rejects. */
  async #answer(question: wire.Question, { stop: { signal }, credit }: Asked): Promise<void> {
    const log = { question: question.id, ask: question.ask?.$case, instance: question.access?.instance };
    let part = 0;
    const send = async (found: Found | undefined, last: boolean) => {
      // A failure ends the answer, whatever was to come.
      if (found?.$case !== "failure") await credit.covers(part, signal);
      this.#stream.send({ $case: "answer", value: { questionId: question.id, part, last, found } });
      part += 1;
      this.#tell(question, part, found);
    };
    try {
      // One part is held back, since only the last one may say that it is the last.
      let held: Found | undefined;
      for await (const found of this.#look(question, signal)) {
        if (held !== undefined) await send(held, false);
        held = found;
        await this.#stream.room(signal);
      }
      signal.throwIfAborted();
      await send(held, true);
      this.#logger.debug({ ...log, parts: part }, "question answered");
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asTransshipError(thrown, "answering a question");
      this.#logger.warn({ ...log, code: error.code, side: error.side, reason: error.message }, "question failed");
      await send({ $case: "failure", value: safeFailure(error, secretsOf([question.access])) }, true);
    }
  }

  /** Tells the log of the execution what was found; that nothing was is told by the control plane, with the whole failure. */
  #tell({ executionId, ask, access }: wire.Question, part: number, found: Found | undefined): void {
    if (executionId === undefined || found?.$case !== "tags" || ask?.$case !== "listTags") return;
    const tags = found.value.tags.length;
    const message = `inventory of ${access?.instance}: part ${part}, ${tags} tags`;
    this.#logs.add({ executionId }, { level: "info", message, facts: { instance: access?.instance, part, tags } }, []);
  }

  async *#look(question: wire.Question, signal: AbortSignal): AsyncGenerator<Found> {
    const ask = question.ask;
    if (ask?.$case === "ping") {
      yield await pingRegistry(this.#registries, question.access, signal);
      return;
    }
    using borrowed = this.#registries.borrow(question.access);
    const { registry } = borrowed;
    switch (ask?.$case) {
      case "listTags":
        return yield* onSide("source", listTags(registry, ask.value, signal));
      case "listNames":
        // Asked about sources and targets alike: the asker knows which.
        return yield* listNames(registry, ask.value, signal);
      case "resolveTags":
        return yield* onSide("target", resolveTags(registry, ask.value, signal));
      case "measureArtifacts":
        return yield* onSide("source", measureArtifacts(registry, ask.value, signal));
      case "findMissing":
        return yield* onSide("target", findMissing(registry, ask.value, signal));
      default:
        throw new TransshipError("UNSUPPORTED", {
          what: "answering a question of the control plane",
          why: "this agent does not know the question",
          hint: "Bring the agent to the control plane's version.",
        });
    }
  }
}

/** Errors of a look-up name the side that this kind of question is asked about. */
async function* onSide(side: Side, parts: AsyncIterable<Found>): AsyncGenerator<Found> {
  try {
    yield* parts;
  } catch (thrown) {
    const error = asTransshipError(thrown, "looking into a registry");
    throw error.side === undefined ? error.with({ side }) : error;
  }
}
