import type { Stats } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Algorithm } from "../digest.ts";
import { Catalogue } from "./catalogue.ts";
import { type DirectoryLayout, digestOfFileName, directoryLayout, walkLinks, writeWhole } from "./directory-layout.ts";
import { DirectoryUpload } from "./directory-upload.ts";
import type { Chunks, Storage, StoredManifest, Upload } from "./storage.ts";
import { randomRun, type SyntheticBlob } from "./synthetic-blob.ts";

const CHUNK = 1 << 20;

type Content = { readonly size: number; readonly seed?: string };

/** A registry in a directory that one process at a time uses. A restart finds everything again, unfinished uploads too. */
export class DirectoryStorage implements Storage {
  readonly catalogue = new Catalogue();
  readonly #layout: DirectoryLayout;
  readonly #content = new Map<string, Content>();
  readonly #uploads = new Map<string, DirectoryUpload>();

  private constructor(layout: DirectoryLayout) {
    this.#layout = layout;
  }

  /** Opens or creates the directory and reads its names. */
  static async open(root: string): Promise<DirectoryStorage> {
    const storage = new DirectoryStorage(directoryLayout(root));
    await mkdir(storage.#layout.uploads, { recursive: true });
    await mkdir(storage.#layout.repositories, { recursive: true });
    await storage.#load();
    return storage;
  }

  contentSize(digest: string): number | undefined {
    return this.#content.get(digest)?.size;
  }

  readContent(digest: string, start: number, end: number): Chunks {
    const content = this.#content.get(digest);
    if (content?.seed !== undefined) return randomRun(content.seed, start, end);
    return readFileRange(this.#layout.content(digest), start, end);
  }

  async addBlob(repository: string, digest: string, bytes: Uint8Array): Promise<void> {
    if (!this.#content.has(digest)) await this.#write(digest, bytes);
    await this.linkBlob(repository, digest);
  }

  async addSyntheticBlob(repository: string, blob: SyntheticBlob): Promise<void> {
    const { digest, seed, size } = blob;
    if (!this.#content.has(digest)) {
      await writeWhole(this.#layout.recipe(digest), JSON.stringify({ seed, size }));
      this.#content.set(digest, { seed, size });
    }
    await this.linkBlob(repository, digest);
  }

  async linkBlob(repository: string, digest: string): Promise<void> {
    await writeWhole(this.#layout.link(repository, "_blobs", digest), "");
    this.catalogue.addBlob(repository, digest);
  }

  async removeBlob(repository: string, digest: string): Promise<boolean> {
    if (!this.catalogue.removeBlob(repository, digest)) return false;
    await rm(this.#layout.link(repository, "_blobs", digest), { force: true });
    await this.#sweep(digest);
    return true;
  }

  async readManifest(repository: string, digest: string): Promise<StoredManifest | undefined> {
    const record = this.catalogue.manifest(repository, digest);
    if (record === undefined) return undefined;
    return { mediaType: record.mediaType, bytes: await readFile(this.#layout.content(digest)) };
  }

  async putManifest(repository: string, digest: string, manifest: StoredManifest): Promise<void> {
    if (!this.#content.has(digest)) await this.#write(digest, manifest.bytes);
    await writeWhole(this.#layout.link(repository, "_manifests", digest), manifest.mediaType);
    this.catalogue.addManifest(repository, digest, manifest);
  }

  async removeManifest(repository: string, digest: string): Promise<boolean> {
    for (const tag of this.catalogue.tagsOf(repository, digest)) await this.removeTag(repository, tag);
    if (!this.catalogue.removeManifest(repository, digest)) return false;
    await rm(this.#layout.link(repository, "_manifests", digest), { force: true });
    await this.#sweep(digest);
    return true;
  }

  async setTag(repository: string, tag: string, digest: string): Promise<void> {
    await writeWhole(this.#layout.link(repository, "_tags", tag), digest);
    this.catalogue.setTag(repository, tag, digest);
  }

  async removeTag(repository: string, tag: string): Promise<boolean> {
    if (!this.catalogue.removeTag(repository, tag)) return false;
    await rm(this.#layout.link(repository, "_tags", tag), { force: true });
    return true;
  }

  async startUpload(repository: string, algorithm: Algorithm): Promise<Upload> {
    const upload = await DirectoryUpload.start(this.#layout.uploads, repository, algorithm, this.#uploadEnd);
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
    for (const upload of this.#uploads.values()) await upload[Symbol.asyncDispose]();
  }

  readonly #uploadEnd = {
    keep: async (repository: string, digest: string, path: string): Promise<void> => {
      const target = this.#layout.content(digest);
      const { size } = await stat(path);
      await mkdir(dirname(target), { recursive: true });
      await rename(path, target);
      this.#content.set(digest, { size });
      await this.linkBlob(repository, digest);
    },
    forget: (id: string): void => void this.#uploads.delete(id),
  };

  async #write(digest: string, bytes: Uint8Array): Promise<void> {
    await writeWhole(this.#layout.content(digest), bytes);
    this.#content.set(digest, { size: bytes.length });
  }

  async #sweep(digest: string): Promise<void> {
    if (this.catalogue.isHeld(digest)) return;
    this.#content.delete(digest);
    await rm(this.#layout.content(digest), { force: true });
    await rm(this.#layout.recipe(digest), { force: true });
  }

  async #load(): Promise<void> {
    for await (const { repository, kind, name } of walkLinks(this.#layout.repositories)) {
      if (kind === "_tags") {
        this.catalogue.setTag(repository, name, await readFile(this.#layout.link(repository, kind, name), "utf8"));
        continue;
      }
      const digest = digestOfFileName(name);
      const content = await this.#findContent(digest);
      // A crash between content and link, or a file taken away by hand: the name stands for nothing.
      if (content === undefined) continue;
      this.#content.set(digest, content);
      if (kind === "_blobs") this.catalogue.addBlob(repository, digest);
      else await this.#loadManifest(repository, digest);
    }
    const uploads = await DirectoryUpload.recover(this.#layout.uploads, this.#uploadEnd);
    for (const upload of uploads) this.#uploads.set(upload.id, upload);
  }

  async #loadManifest(repository: string, digest: string): Promise<void> {
    const mediaType = await readFile(this.#layout.link(repository, "_manifests", digest), "utf8");
    this.catalogue.addManifest(repository, digest, { mediaType, bytes: await readFile(this.#layout.content(digest)) });
  }

  async #findContent(digest: string): Promise<Content | undefined> {
    const file: Stats | undefined = await stat(this.#layout.content(digest)).catch(() => undefined);
    if (file !== undefined) return { size: file.size };
    const recipe = await readFile(this.#layout.recipe(digest), "utf8").catch(() => undefined);
    return recipe === undefined ? undefined : (JSON.parse(recipe) as Content);
  }
}

async function* readFileRange(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  await using file = await open(path, "r");
  for (let at = start; at <= end; ) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - at + 1));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}
