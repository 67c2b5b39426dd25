import { type SelectQueryBuilder, sql } from "kysely";
import type { Tx } from "../database.ts";
import type { Tables, TaskRow } from "../tables.ts";
import type { Claim, ClaimedPair } from "../task-store.ts";

/** Tasks that are read at once at most. */
const PAGE = 500;
/** Tasks of a pair that are looked through for one that an agent may take: those before it are left to others, which lasts for seconds. */
const MOST_ROWS = 5_000;

/** A task, and the pair of a claim by which it is taken. */
interface Taken {
  readonly row: TaskRow;
  readonly pair: ClaimedPair;
}

/**
 * Waiting tasks by pair and part of the way, oldest first, read as far as claims reach: for many claims on a pair as for one. Rows that are taken do not come again.
 */
export class WaitingRows {
  readonly #tx: Tx;
  readonly #now: string;
  readonly #queues = new Map<string, Queue>();
  /** By number: a deletion of a pair may be found by more than one part of the way. */
  readonly #taken = new Set<number>();

  /** `claims`: all that will be taken for, so that the first page suffices mostly. */
  constructor(tx: Tx, claims: readonly Claim[], now: Date) {
    this.#tx = tx;
    this.#now = now.toISOString();
    for (const { pairs, limit } of claims) for (const pair of pairs) this.#queueOf(pair).wanted += Math.max(0, limit);
  }

  /** The oldest of the claim's pairs that it may take; undefined where there is none. */
  async take(claim: Claim, mayTake: (row: TaskRow) => boolean): Promise<Taken | undefined> {
    let oldest: (Taken & { readonly queue: Queue }) | undefined;
    for (const pair of claim.pairs) {
      const queue = this.#queueOf(pair);
      const row = await this.#first(queue, (one) => !this.#taken.has(one.seq) && mayTake(one));
      if (row !== undefined && (oldest === undefined || row.seq < oldest.row.seq)) oldest = { row, pair, queue };
    }
    if (oldest === undefined) return undefined;
    this.#taken.add(oldest.row.seq);
    oldest.queue.rows.splice(oldest.queue.rows.indexOf(oldest.row), 1);
    return oldest;
  }

  async #first(queue: Queue, mayTake: (row: TaskRow) => boolean): Promise<TaskRow | undefined> {
    for (;;) {
      const row = queue.rows.find(mayTake);
      if (row !== undefined || queue.ended || queue.read >= MOST_ROWS) return row;
      await this.#readOn(queue);
    }
  }

  async #readOn(queue: Queue): Promise<void> {
    const { source, target, executionId } = queue.pair;
    const limit = Math.min(PAGE, queue.read === 0 ? queue.wanted : PAGE);
    const tasks = this.#tx.selectFrom("tasks");
    // An expression, since SQLite would rather walk all tasks by number than those that wait; and only where it is needed.
    const rest = queue.lastSeq === 0 ? tasks : tasks.where(sql<number>`seq + 0`, ">", queue.lastSeq);
    const page = await ofLeg(rest, queue.pair)
      .selectAll()
      .where("source_instance", "=", source)
      .where("target_instance", "=", target)
      .where("execution_id", "=", executionId)
      .where("ready_at", "is not", null)
      // A queued task is ready whatever the clock says: the clock may have been set back since.
      .where((or) => or.or([or("state", "=", "queued"), or("ready_at", "<=", this.#now)]))
      .orderBy("seq")
      .limit(limit)
      .execute();
    queue.rows.push(...page);
    queue.read += page.length;
    queue.lastSeq = page.at(-1)?.seq ?? queue.lastSeq;
    queue.ended = page.length < limit;
  }

  #queueOf(pair: ClaimedPair): Queue {
    const key = JSON.stringify([pair.source, pair.target, pair.executionId, pair.leg, pair.via]);
    const known = this.#queues.get(key) ?? { pair, rows: [], wanted: 0, read: 0, lastSeq: 0, ended: false };
    this.#queues.set(key, known);
    return known;
  }
}

type WaitingQuery = SelectQueryBuilder<Tables, "tasks", object>;

/** Those of which the claimed part of the way is next. Whoever goes the whole way may have any. */
function ofLeg(query: WaitingQuery, { leg = "whole", via = "" }: ClaimedPair): WaitingQuery {
  if (leg === "whole") return query;
  if (leg === "target") return query.where("operation", "=", sql.lit("delete"));
  return query.where("via_instance", "=", via).where("at_relay", "=", leg === "first" ? 0 : 1);
}

interface Queue {
  readonly pair: ClaimedPair;
  /** Read and not taken. */
  readonly rows: TaskRow[];
  /** How many the claims may take together; above zero where any may. */
  wanted: number;
  read: number;
  lastSeq: number;
  /** Whether there is nothing more to read. */
  ended: boolean;
}
