import type { Transaction } from "kysely";
import type { Tables } from "./tables.ts";

/** An open transaction on our tables. */
export type Tx = Transaction<Tables>;

/** What the table modules need of a database; an adapter provides it. */
export interface Database {
  /**
   * Runs `work` in one transaction, which is kept when `work` returns and undone when it throws. Transactions see each other's results only when kept.
   * Failures of the driver come out as TransshipErrors.
   */
  readonly transact: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
}
