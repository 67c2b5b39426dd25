import { wire } from "@transship/api";
import type { Outbox } from "@transship/checkpoint";
import { asTransshipError } from "@transship/errors";
import type { Logger } from "pino";
import type { UnsentOutcome } from "./task-outcome.ts";
import type { WorkStream } from "./work-stream.ts";

/** Reports that are on their way at most, unacknowledged; the others wait in the outbox. */
const WINDOW = 100;

/** Brings outcomes to the control plane: stored first, then sent on whatever stream there is, again on the next one, until acknowledged. */
export class Reports {
  readonly #outbox: Outbox;
  readonly #logger: Logger;
  #stream: WorkStream | undefined;
  #sentUpTo = 0;
  #underWay = 0;
  #whenEmpty: (() => void)[] = [];

  constructor(outbox: Outbox, logger: Logger) {
    this.#outbox = outbox;
    this.#logger = logger;
    this.#labelOld();
  }

  /** Stores an outcome and sends it when it can. A disk that refuses it costs the report, not the task: the lease ends and the task is done again. */
  add(outcome: UnsentOutcome): void {
    try {
      this.#outbox.add(wire.Outcome.encode({ ...outcome, sequence: 0 }).finish(), outcome.lease);
      this.#send();
    } catch (thrown) {
      const { code, message } = asTransshipError(thrown);
      this.#logger.error({ task: outcome.lease?.taskId, code, reason: message }, "report lost");
    }
  }

  /** From now on reports go to this stream, beginning with all that were never acknowledged. */
  attach(stream: WorkStream): void {
    this.#stream = stream;
    this.#sentUpTo = 0;
    this.#underWay = 0;
    this.#send();
  }

  detach(stream: WorkStream): void {
    if (this.#stream === stream) this.#stream = undefined;
  }

  /** The control plane has stored reports up to `sequence`. */
  acknowledge(sequence: number): void {
    this.#outbox.acknowledge(sequence);
    this.#underWay = this.#outbox.countUpTo(this.#sentUpTo);
    this.#send();
    if (!this.#outbox.isEmpty) return;
    for (const tell of this.#whenEmpty.splice(0)) tell();
  }

  /** Leases of stored reports: the control plane keeps them for us until it has read the reports. */
  leases(): wire.LeaseKey[] {
    return [...this.#outbox.leases()];
  }

  /** Resolves when everything is acknowledged. */
  async delivered(): Promise<void> {
    if (this.#outbox.isEmpty) return;
    await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Reports of an earlier version do not say what lease they end: it is read out of them, once. */
  #labelOld(): void {
    for (let after = 0; ; ) {
      const old = this.#outbox.withoutLease(after, WINDOW);
      for (const { sequence, report } of old) {
        const { lease } = wire.Outcome.decode(report);
        if (lease !== undefined) this.#outbox.setLease(sequence, lease);
        after = sequence;
      }
      if (old.length < WINDOW) return;
    }
  }

  #send(): void {
    const stream = this.#stream;
    if (stream === undefined || this.#underWay >= WINDOW) return;
    for (const { sequence, report } of this.#outbox.pending(this.#sentUpTo, WINDOW - this.#underWay)) {
      if (!stream.send({ $case: "outcome", value: { ...wire.Outcome.decode(report), sequence } })) return;
      this.#sentUpTo = sequence;
      this.#underWay += 1;
    }
  }
}
