import type { Database } from "better-sqlite3";
import { explained } from "./sqlite-errors.ts";

/** A report that is not acknowledged yet. */
export interface PendingReport {
  readonly sequence: number;
  readonly report: Uint8Array;
}

/** Reports on their way to the control plane: stored before they are sent, sent until they are acknowledged. */
export interface Outbox {
  /** Stores a report and returns its sequence: greater than every one before, for ever. */
  add(report: Uint8Array): number;
  /** Reports above the sequence `after`, oldest first, at most `limit`. */
  pending(after?: number, limit?: number): readonly PendingReport[];
  /** Forgets reports up to and including `sequence`. Doing it twice, or with an old sequence, changes nothing. */
  acknowledge(sequence: number): void;
  readonly isEmpty: boolean;
}

/** The outbox in SQLite. */
export class SqliteOutbox implements Outbox {
  readonly #database: Database;
  readonly #statements: ReturnType<typeof prepareAll>;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = prepareAll(database);
    this.#begin();
  }

  add(report: Uint8Array): number {
    return explained("storing a report", () => Number(this.#statements.add.run(report).lastInsertRowid));
  }

  pending(after = 0, limit = 100): readonly PendingReport[] {
    return explained("reading reports", () => this.#statements.pending.all(after, limit) as PendingReport[]);
  }

  acknowledge(sequence: number): void {
    explained("forgetting reports", () => this.#statements.acknowledge.run(sequence));
  }

  get isEmpty(): boolean {
    return this.pending(0, 1).length === 0;
  }

  /**
   * Sequences must grow even when the file was lost and begun anew, so a new file starts at the milliseconds since 1970: more than any number of reports
   * that an earlier file can have counted.
   */
  #begin(): void {
    const known = this.#database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'reports'").pluck().get();
    if (known === undefined) this.#database.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('reports', ?)").run(Date.now());
  }
}

function prepareAll(database: Database) {
  return {
    add: database.prepare("INSERT INTO reports (report) VALUES (?)"),
    pending: database.prepare("SELECT sequence, report FROM reports WHERE sequence > ? ORDER BY sequence LIMIT ?"),
    acknowledge: database.prepare("DELETE FROM reports WHERE sequence <= ?"),
  };
}
