import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Algorithm, digestOfChunks, isAlgorithm, RunningDigest } from "../digest.ts";
import { writeWhole } from "./directory-layout.ts";
import type { Upload } from "./storage.ts";

/** What the storage does when a session ends. */
export interface UploadEnd {
  /** Takes over the file at `path`, which holds the content of the digest. */
  keep(repository: string, digest: string, path: string): Promise<void>;
  forget(id: string): void;
}

/** An upload session in a folder of its own. It survives a restart: its offset is the size of its data file. */
export class DirectoryUpload implements Upload, AsyncDisposable {
  readonly id: string;
  readonly repository: string;
  offset: number;
  readonly #folder: string;
  readonly #end: UploadEnd;
  /** Absent after a restart or a failed write: the digest is then computed from the file when it is asked for. */
  #running: RunningDigest | undefined;
  #file: FileHandle | undefined;

  private constructor(folder: string, session: Session, end: UploadEnd, stored: number | undefined) {
    this.id = session.id;
    this.repository = session.repository;
    this.offset = stored ?? 0;
    this.#folder = folder;
    this.#end = end;
    this.#running = stored === undefined || stored === 0 ? new RunningDigest(session.algorithm) : undefined;
  }

  static async start(uploads: string, repository: string, algorithm: Algorithm, end: UploadEnd): Promise<DirectoryUpload> {
    const session = { id: randomUUID(), repository, algorithm };
    const folder = join(uploads, session.id);
    await mkdir(folder, { recursive: true });
    await writeWhole(join(folder, "session.json"), JSON.stringify(session));
    return new DirectoryUpload(folder, session, end, undefined);
  }

  /** The sessions that an earlier process left; a folder without a readable session is none. */
  static async recover(uploads: string, end: UploadEnd): Promise<DirectoryUpload[]> {
    const found: DirectoryUpload[] = [];
    for (const id of await readdir(uploads)) {
      const folder = join(uploads, id);
      const session = await readSession(join(folder, "session.json"));
      if (session?.id !== id) continue;
      const stored = await stat(join(folder, "data")).catch(() => undefined);
      found.push(new DirectoryUpload(folder, session, end, stored?.size ?? 0));
    }
    return found;
  }

  async append(chunks: readonly Uint8Array[]): Promise<void> {
    this.#file ??= await open(join(this.#folder, "data"), "a", 0o644);
    for (const chunk of chunks) this.#running?.update(chunk);
    try {
      await writeAll(this.#file, chunks);
      this.offset += lengthOf(chunks);
    } catch (error) {
      // How much arrived is what the file says.
      this.#running = undefined;
      this.offset = (await this.#file.stat()).size;
      throw error;
    }
  }

  async digest(algorithm: Algorithm): Promise<string> {
    if (algorithm === this.#running?.algorithm) return this.#running.current();
    if (this.offset === 0) return await digestOfChunks([], algorithm);
    return await digestOfChunks(createReadStream(join(this.#folder, "data"), { highWaterMark: 1 << 20 }), algorithm);
  }

  async commit(digest: string): Promise<void> {
    await this.append([]);
    await this[Symbol.asyncDispose]();
    await this.#end.keep(this.repository, digest, join(this.#folder, "data"));
    await this.cancel();
  }

  async cancel(): Promise<void> {
    this.#end.forget(this.id);
    await this[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Closes the data file and leaves the session for the next process. */
  async [Symbol.asyncDispose](): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  const { bytesWritten } = await file.writev([...chunks]);
  if (bytesWritten < lengthOf(chunks)) await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

interface Session {
  readonly id: string;
  readonly repository: string;
  readonly algorithm: Algorithm;
}

async function readSession(path: string): Promise<Session | undefined> {
  try {
    const { id, repository, algorithm } = JSON.parse(await readFile(path, "utf8")) as Partial<Session>;
    if (typeof id !== "string" || typeof repository !== "string" || !isAlgorithm(algorithm)) return undefined;
    return { id, repository, algorithm };
  } catch {
    return undefined;
  }
}
