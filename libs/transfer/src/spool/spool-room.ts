import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { diskError } from "@transship/errors";
import type { Digest } from "@transship/oci";
import type { Blob } from "../blob.ts";
import type { Journal } from "../journal.ts";
import { Spool } from "./spool.ts";

/** A spool that is used by one upload; others may use it at the same time. */
export interface BorrowedSpool {
  readonly spool: Spool;
  /** Whether this user opened it, rather than joining others. */
  readonly first: boolean;
  /** `done` = the blob is at the target. The last to leave decides whether the bytes stay for another try. */
  release(done: boolean): Promise<void>;
}

interface Occupant {
  readonly spool: Promise<Spool>;
  readonly bytes: number;
  users: number;
}

/**
 * The directory of blobs on their way, at most `limitBytes` large. A blob that is larger than the room is not taken; one for which there is no room just now
 * waits. Bytes of interrupted copies stay for the next try until room is needed.
 */
export class SpoolRoom implements AsyncDisposable {
  readonly #directory: string;
  readonly #limitBytes: number;
  readonly #journal: Journal;
  readonly #occupants = new Map<Digest, Occupant>();
  /** Files of interrupted copies, oldest first, with their size. */
  readonly #leftovers: Map<string, number>;
  #waiters: (() => void)[] = [];

  private constructor(directory: string, limitBytes: number, journal: Journal, leftovers: Map<string, number>) {
    this.#directory = directory;
    this.#limitBytes = limitBytes;
    this.#journal = journal;
    this.#leftovers = leftovers;
  }

  /** Opens the directory and clears it of files that the journal does not know. Throws `DATA_DIR_UNUSABLE`. */
  static open(directory: string, limitBytes: number, journal: Journal): SpoolRoom {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      return new SpoolRoom(directory, limitBytes, journal, sweep(directory, journal));
    } catch (error) {
      throw diskError(`opening spool directory ${directory}`, error);
    }
  }

  /** The spool of a blob, shared with whoever uses it already; undefined where the blob is larger than the room. */
  async borrow(blob: Blob, signal: AbortSignal): Promise<BorrowedSpool | undefined> {
    if (blob.size > this.#limitBytes) return undefined;
    signal.throwIfAborted();
    let occupant = this.#occupants.get(blob.digest);
    while (occupant === undefined && !this.#makeRoom(blob)) {
      await this.#nextLeave(signal);
      signal.throwIfAborted();
      occupant = this.#occupants.get(blob.digest);
    }
    occupant ??= this.#enter(blob);
    const first = occupant.users === 0;
    occupant.users += 1;
    const entered = occupant;
    try {
      const spool = await entered.spool;
      return { spool, first, release: (done) => this.#leave(blob, entered, done) };
    } catch (error) {
      this.#forget(blob, entered);
      throw error;
    }
  }

  /** Deletes the bytes of all interrupted copies, for want of space. */
  dropLeftovers(): void {
    for (const name of [...this.#leftovers.keys()]) this.#evict(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const occupants = [...this.#occupants.values()];
    this.#occupants.clear();
    for (const { spool } of occupants) await (await spool).close(true);
  }

  #enter(blob: Blob): Occupant {
    const occupant = { spool: Spool.open(this.#pathOf(blob.digest), blob, this.#journal), bytes: blob.size, users: 0 };
    occupant.spool.catch(() => undefined);
    this.#leftovers.delete(fileName(blob.digest));
    this.#occupants.set(blob.digest, occupant);
    return occupant;
  }

  async #leave(blob: Blob, occupant: Occupant, done: boolean): Promise<void> {
    occupant.users -= 1;
    if (occupant.users > 0 || this.#occupants.get(blob.digest) !== occupant) return;
    this.#occupants.delete(blob.digest);
    try {
      const spool = await occupant.spool;
      if (!done) this.#leftovers.set(fileName(blob.digest), blob.size);
      await spool.close(!done);
    } finally {
      this.#wake();
    }
  }

  #forget(blob: Blob, occupant: Occupant): void {
    if (this.#occupants.get(blob.digest) === occupant) this.#occupants.delete(blob.digest);
    this.#wake();
  }

  /** Whether the blob fits, after leftovers of other blobs made way where needed. */
  #makeRoom(blob: Blob): boolean {
    const own = fileName(blob.digest);
    for (const name of [...this.#leftovers.keys()]) {
      if (this.#freeBytes(own) >= blob.size) break;
      if (name !== own) this.#evict(name);
    }
    return this.#freeBytes(own) >= blob.size;
  }

  #freeBytes(except: string): number {
    let used = 0;
    for (const occupant of this.#occupants.values()) used += occupant.bytes;
    for (const [name, bytes] of this.#leftovers) if (name !== except) used += bytes;
    return this.#limitBytes - used;
  }

  #evict(name: string): void {
    this.#leftovers.delete(name);
    this.#journal.dropPieces(digestOfFile(name));
    rmSync(join(this.#directory, name), { force: true });
  }

  #nextLeave(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const resume = () => {
        signal.removeEventListener("abort", resume);
        resolve();
      };
      this.#waiters.push(resume);
      signal.addEventListener("abort", resume);
    });
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resume of waiters) resume();
  }

  #pathOf(digest: Digest): string {
    return join(this.#directory, fileName(digest));
  }
}

/** Removes files without records and records without files; returns what is left, oldest first. */
function sweep(directory: string, journal: Journal): Map<string, number> {
  const known = new Set(journal.spooledDigests().map(fileName));
  const files = readdirSync(directory).map((name) => ({ name, ...statOf(join(directory, name)) }));
  const kept = files.filter(({ name }) => known.delete(name));
  for (const { name } of files)
    if (!kept.some((file) => file.name === name)) rmSync(join(directory, name), { force: true, recursive: true });
  for (const name of known) journal.dropPieces(digestOfFile(name));
  return new Map(kept.sort((a, b) => a.modified - b.modified).map(({ name, bytes }) => [name, bytes]));
}

function statOf(path: string): { bytes: number; modified: number } {
  const stat = statSync(path);
  return { bytes: stat.size, modified: stat.mtimeMs };
}

function fileName(digest: string): string {
  return digest.replace(":", "-");
}

function digestOfFile(name: string): string {
  return name.replace("-", ":");
}
