import type { Database } from "better-sqlite3";
import { explained } from "./sqlite-errors.ts";

/** A report that is not acknowledged yet. */
export interface PendingReport {
  readonly sequence: number;
  readonly report: Uint8Array;
}

/** The lease that a report ends. */
export interface ReportedLease {
  readonly taskId: string;
  readonly epoch: number;
}

/** Reports on their way to the control plane: stored before they are sent, sent until they are acknowledged. */
export interface Outbox {
  /** Stores a report, with the lease that it ends where it ends one, and returns its sequence: greater than every one before, for ever. */
  add(report: Uint8Array, lease?: ReportedLease): number;
  /** Reports above the sequence `after`, oldest first, at most `limit`. */
  pending(after?: number, limit?: number): readonly PendingReport[];
  /** Forgets reports up to and including `sequence`. Doing it twice, or with an old sequence, changes nothing. */
  acknowledge(sequence: number): void;
  readonly isEmpty: boolean;
  /** How many reports there are up to and including `sequence`. */
  countUpTo(sequence: number): number;
  /** The leases that reports here end, without reading the reports. */
  leases(): readonly ReportedLease[];
  /** Reports above the sequence `after` that an earlier version stored without a lease, oldest first, at most `limit`. */
  withoutLease(after: number, limit: number): readonly PendingReport[];
  /** Says what lease a report ends. */
  setLease(sequence: number, lease: ReportedLease): void;
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

  add(report: Uint8Array, lease?: ReportedLease): number {
    const { add } = this.#statements;
    return explained("storing a report", () => Number(add.run(report, lease?.taskId ?? null, lease?.epoch ?? null).lastInsertRowid));
  }

  pending(after = 0, limit = 100): readonly PendingReport[] {
    return explained("reading reports", () => this.#statements.pending.all(after, limit) as PendingReport[]);
  }

  acknowledge(sequence: number): void {
    explained("forgetting reports", () => this.#statements.acknowledge.run(sequence));
  }

  get isEmpty(): boolean {
    return explained("reading reports", () => this.#statements.any.get() === undefined);
  }

  countUpTo(sequence: number): number {
    return explained("counting reports", () => this.#statements.countUpTo.get(sequence) as number);
  }

  leases(): readonly ReportedLease[] {
    return explained("reading the leases of reports", () => this.#statements.leases.all() as ReportedLease[]);
  }

  withoutLease(after: number, limit: number): readonly PendingReport[] {
    return explained("reading reports", () => this.#statements.withoutLease.all(after, limit) as PendingReport[]);
  }

  setLease(sequence: number, lease: ReportedLease): void {
    explained("noting the lease of a report", () => this.#statements.setLease.run(lease.taskId, lease.epoch, sequence));
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
    add: database.prepare("INSERT INTO reports (report, task_id, epoch) VALUES (?, ?, ?)"),
    any: database.prepare("SELECT sequence FROM reports LIMIT 1").pluck(),
    countUpTo: database.prepare("SELECT count(*) FROM reports WHERE sequence <= ?").pluck(),
    leases: database.prepare('SELECT task_id AS "taskId", epoch FROM reports WHERE task_id IS NOT NULL'),
    withoutLease: database.prepare("SELECT sequence, report FROM reports WHERE task_id IS NULL AND sequence > ? ORDER BY sequence LIMIT ?"),
    setLease: database.prepare("UPDATE reports SET task_id = ?, epoch = ? WHERE sequence = ?"),
    pending: database.prepare("SELECT sequence, report FROM reports WHERE sequence > ? ORDER BY sequence LIMIT ?"),
    acknowledge: database.prepare("DELETE FROM reports WHERE sequence <= ?"),
  };
}
