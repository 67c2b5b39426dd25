import { setImmediate } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import type { Tx } from "../database.ts";
import type { Tables } from "../tables.ts";

/** How long one group may grow, and work go on before sockets and timers have their turn, in milliseconds. */
const LONGEST_MS = 5;

type Work<T> = (tx: Tx) => Promise<T>;

interface Waiting {
  readonly work: Work<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (thrown: unknown) => void;
}

/**
 * Transactions one after the other; those that wait at the same time share one commit, since that is what waits for the disk. Each is a savepoint of its own: what
 * throws is undone alone. Nobody is told of a result before it is on the disk. Between groups everything else has its turn: SQLite works in the very thread that asks,
 * awaiting it never reaches the event loop, and a loop of transactions would leave every socket unread until it ended.
 */
export class GroupCommit {
  readonly #kysely: Kysely<Tables>;
  #waiting: Waiting[] = [];
  #running = false;
  #since = performance.now();

  constructor(kysely: Kysely<Tables>) {
    this.#kysely = kysely;
  }

  /** Does `work` in a transaction, which is kept when it returns and undone when it throws. It may be done twice, where those beside it made the first time fail. */
  transact<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as Waiting["resolve"], reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      // Those that come in the same turn go together.
      await undefined;
      if (performance.now() - this.#since >= LONGEST_MS) {
        await setImmediate();
        this.#since = performance.now();
      }
      const [first, second] = this.#waiting;
      if (first !== undefined && second === undefined) {
        this.#waiting = [];
        await this.#alone(first);
      } else await this.#together();
    }
    this.#running = false;
  }

  async #alone({ work, resolve, reject }: Waiting): Promise<void> {
    await this.#kysely.transaction().execute(work).then(resolve, reject);
  }

  async #together(): Promise<void> {
    const group: Waiting[] = [];
    const ends: (() => void)[] = [];
    try {
      await this.#kysely.transaction().execute(async (tx) => {
        const until = performance.now() + LONGEST_MS;
        for (let next = this.#waiting.shift(); next !== undefined; next = performance.now() < until ? this.#waiting.shift() : undefined) {
          group.push(next);
          ends.push(await inSavepoint(tx, next));
        }
      });
    } catch {
      // The disk is full, say, and with it nothing of the group was kept: each is done again, to succeed or fail for itself. So are those that wait where not even the
      // transaction began, as in a database that was closed: nobody else would take them from the line.
      if (group.length === 0) group.push(...this.#waiting.splice(0));
      for (const one of group) await this.#alone(one);
      return;
    }
    for (const end of ends) end();
  }
}

/** Does one piece of work; returns how to tell who waits for it, once the whole is kept. */
async function inSavepoint(tx: Tx, { work, resolve, reject }: Waiting): Promise<() => void> {
  await sql`savepoint work`.execute(tx);
  try {
    const value = await work(tx);
    await sql`release savepoint work`.execute(tx);
    return () => resolve(value);
  } catch (thrown) {
    // Fails where SQLite has undone the whole transaction by itself.
    await sql`rollback to savepoint work`.execute(tx);
    await sql`release savepoint work`.execute(tx);
    return () => reject(thrown);
  }
}
