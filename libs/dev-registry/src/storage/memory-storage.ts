import { randomUUID } from "node:crypto";
import { type Algorithm, digestOfChunks, RunningDigest } from "../digest.ts";
import { Catalogue } from "./catalogue.ts";
import { ChunkList } from "./chunk-list.ts";
import type { Storage, StoredManifest, Upload } from "./storage.ts";
import { randomRun, type SyntheticBlob } from "./synthetic-blob.ts";

type Content = ChunkList | SyntheticBlob;

/** A registry that lives as long as its process. */
export class MemoryStorage implements Storage {
  readonly catalogue = new Catalogue();
  readonly #content = new Map<string, Content>();
  readonly #uploads = new Map<string, MemoryUpload>();

  contentSize(digest: string): number | undefined {
    const content = this.#content.get(digest);
    return content instanceof ChunkList ? content.length : content?.size;
  }

  readContent(digest: string, start: number, end: number): Iterable<Uint8Array> {
    const content = this.#content.get(digest);
    if (content === undefined) return [];
    return content instanceof ChunkList ? content.slice(start, end) : randomRun(content.seed, start, end);
  }

  async addBlob(repository: string, digest: string, bytes: Uint8Array): Promise<void> {
    if (!this.#content.has(digest)) this.#content.set(digest, oneChunk(bytes));
    this.catalogue.addBlob(repository, digest);
  }

  async addSyntheticBlob(repository: string, blob: SyntheticBlob): Promise<void> {
    if (!this.#content.has(blob.digest)) this.#content.set(blob.digest, blob);
    this.catalogue.addBlob(repository, blob.digest);
  }

  async linkBlob(repository: string, digest: string): Promise<void> {
    this.catalogue.addBlob(repository, digest);
  }

  async removeBlob(repository: string, digest: string): Promise<boolean> {
    const removed = this.catalogue.removeBlob(repository, digest);
    this.#sweep(digest);
    return removed;
  }

  async readManifest(repository: string, digest: string): Promise<StoredManifest | undefined> {
    const record = this.catalogue.manifest(repository, digest);
    if (record === undefined) return undefined;
    return { mediaType: record.mediaType, bytes: Buffer.concat([...this.readContent(digest, 0, record.size - 1)]) };
  }

  async putManifest(repository: string, digest: string, manifest: StoredManifest): Promise<void> {
    if (!this.#content.has(digest)) this.#content.set(digest, oneChunk(manifest.bytes));
    this.catalogue.addManifest(repository, digest, manifest);
  }

  async removeManifest(repository: string, digest: string): Promise<boolean> {
    const removed = this.catalogue.removeManifest(repository, digest);
    this.#sweep(digest);
    return removed;
  }

  async setTag(repository: string, tag: string, digest: string): Promise<void> {
    this.catalogue.setTag(repository, tag, digest);
  }

  async removeTag(repository: string, tag: string): Promise<boolean> {
    return this.catalogue.removeTag(repository, tag);
  }

  async startUpload(repository: string, algorithm: Algorithm): Promise<Upload> {
    const upload = new MemoryUpload(repository, algorithm, {
      keep: (digest, content) => {
        if (!this.#content.has(digest)) this.#content.set(digest, content);
        this.catalogue.addBlob(repository, digest);
      },
      forget: () => void this.#uploads.delete(upload.id),
    });
    this.#uploads.set(upload.id, upload);
    return upload;
  }

  findUpload(id: string): Upload | undefined {
    return this.#uploads.get(id);
  }

  uploads(): readonly Upload[] {
    return [...this.#uploads.values()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#content.clear();
    this.#uploads.clear();
  }

  #sweep(digest: string): void {
    if (!this.catalogue.isHeld(digest)) this.#content.delete(digest);
  }
}

interface UploadEnd {
  keep(digest: string, content: ChunkList): void;
  forget(): void;
}

class MemoryUpload implements Upload {
  readonly id = randomUUID();
  readonly repository: string;
  readonly #running: RunningDigest;
  readonly #end: UploadEnd;
  #content = new ChunkList();

  get offset(): number {
    return this.#content.length;
  }

  constructor(repository: string, algorithm: Algorithm, end: UploadEnd) {
    this.repository = repository;
    this.#running = new RunningDigest(algorithm);
    this.#end = end;
  }

  async append(chunks: readonly Uint8Array[]): Promise<void> {
    for (const chunk of chunks) {
      this.#running.update(chunk);
      this.#content.append(chunk);
    }
  }

  async digest(algorithm: Algorithm): Promise<string> {
    if (algorithm === this.#running.algorithm) return this.#running.current();
    return await digestOfChunks(this.#content.slice(0, this.offset - 1), algorithm);
  }

  async commit(digest: string): Promise<void> {
    this.#end.keep(digest, this.#content);
    await this.cancel();
  }

  async cancel(): Promise<void> {
    this.#content = new ChunkList();
    this.#end.forget();
  }
}

function oneChunk(bytes: Uint8Array): ChunkList {
  const content = new ChunkList();
  content.append(bytes);
  return content;
}
