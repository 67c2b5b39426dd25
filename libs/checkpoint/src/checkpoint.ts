import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { diskError, TransshipError } from "@transship/errors";
import type { Journal } from "@transship/transfer";
import { lockFile } from "./file-lock.ts";
import { openDatabase } from "./open-database.ts";
import { type Outbox, SqliteOutbox } from "./outbox.ts";
import { isDamaged, quarantine } from "./quarantine.ts";
import { SqliteJournal } from "./sqlite-journal.ts";

/** Where the checkpoint is: a file, or nowhere but in memory. */
export type CheckpointPlace = { readonly path: string } | { readonly memory: true };

/** An open checkpoint. Everything in it is on its way to disk when a call returns; a killed process loses nothing, a power cut at most the last moments. */
export interface Checkpoint extends Disposable {
  readonly journal: Journal;
  readonly outbox: Outbox;
  /** What went wrong while opening and was mended, in sentences for people: a damaged file that was put aside. */
  readonly warnings: readonly string[];
}

/**
 * Opens a checkpoint, makes its directory (0700) and file (0600) where they are missing, and brings its schema up to date. A file that is damaged or no
 * database is renamed to `<file>.corrupt-<n>` and a new one begun; `warnings` says so. One process per file.
 * @throws TransshipError `DATA_DIR_IN_USE`, `DATA_DIR_TOO_NEW`, `DATA_DIR_UNUSABLE` (not writable, a database of something else), `DISK_FULL`.
 */
export function openCheckpoint(place: CheckpointPlace): Checkpoint {
  if ("memory" in place) return assemble(":memory:", new DisposableStack(), []);
  // The stack owns the lock until the checkpoint does; the database closes before the lock opens.
  using opening = new DisposableStack();
  prepareDirectory(place.path);
  opening.use(lockFile(`${place.path}.lock`, place.path));
  const warnings: string[] = [];
  try {
    makePrivate(place.path);
    return assemble(place.path, opening, warnings);
  } catch (thrown) {
    if (!isDamaged(thrown)) throw explain(place.path, thrown);
    warnings.push(quarantine(place.path, thrown));
  }
  try {
    makePrivate(place.path);
    return assemble(place.path, opening, warnings);
  } catch (thrown) {
    throw explain(place.path, thrown);
  }
}

function assemble(path: string, lock: DisposableStack, warnings: readonly string[]): Checkpoint {
  using opening = new DisposableStack();
  const database = openDatabase(path);
  opening.defer(() => database.close());
  const journal = new SqliteJournal(database);
  const outbox = new SqliteOutbox(database);
  const open = new DisposableStack();
  open.use(lock.move());
  open.use(opening.move());
  return { journal, outbox, warnings, [Symbol.dispose]: () => open.dispose() };
}

function prepareDirectory(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw explain(path, thrown);
  }
}

/** Upload locations may hold a registry's session secrets. SQLite gives its -wal and -shm files the mode of the main file. */
function makePrivate(path: string): void {
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
}

function explain(path: string, thrown: unknown): TransshipError {
  return thrown instanceof TransshipError ? thrown : diskError(`opening the checkpoint ${path}`, thrown);
}
