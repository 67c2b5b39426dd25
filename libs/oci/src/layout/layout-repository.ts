import { createReadStream } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { diskError, systemCode, TransshipError } from "@transship/errors";
import { type Digest, digestAlgorithm, digestOf, isDigest } from "../digest.ts";
import { LIMITS } from "../limits.ts";
import { type Descriptor, type Manifest, manifestMediaType, parseManifest } from "../manifest.ts";
import { checkTag } from "../names.ts";
import { referrerDescriptor, referrersTag } from "../referrers.ts";
import type { BlobRead, BlobUpload, ByteRange, CallOptions, ManifestPut, Referrers, Repository, UploadSession } from "../repository.ts";
import { LayoutIndex, tagOf } from "./layout-index.ts";
import { LayoutUpload } from "./layout-upload.ts";
import { blobPath, writeWhole } from "./paths.ts";

/** The one repository of an OCI layout directory; its name is "". */
export class LayoutRepository implements Repository {
  readonly name = "";
  readonly registry: string;
  readonly #directory: string;
  readonly #index: LayoutIndex;
  readonly #prepare: () => Promise<void>;

  /** `prepare` makes the directory a layout before the first write. */
  constructor(registry: string, directory: string, prepare: () => Promise<void>) {
    this.registry = registry;
    this.#directory = directory;
    this.#index = new LayoutIndex(directory);
    this.#prepare = prepare;
  }

  async *tags(): AsyncIterable<readonly string[]> {
    if (!(await this.#index.exists()))
      throw new TransshipError("NAME_UNKNOWN", { what: `listing the tags of ${this.registry}`, why: "the directory has no index.json" });
    const tags = (await this.#index.entries()).map(tagOf).filter((tag) => tag !== undefined);
    if (tags.length > 0) yield [...new Set(tags)];
  }

  async resolve(reference: string): Promise<Descriptor | undefined> {
    const manifest = await this.manifest(reference);
    return manifest === undefined ? undefined : { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size };
  }

  async manifest(reference: string): Promise<Manifest | undefined> {
    if (!isDigest(reference)) checkTag(reference);
    const entry = isDigest(reference) ? undefined : await this.#index.tagged(reference);
    const digest = isDigest(reference) ? reference : entry?.digest;
    if (digest === undefined) return undefined;
    const what = `reading manifest ${reference} of ${this.registry}`;
    const bytes = await this.#readSmall(digest, what);
    if (bytes === undefined) return undefined;
    const found = digestOf(bytes, digestAlgorithm(digest));
    if (found !== digest)
      throw new TransshipError("DIGEST_MISMATCH", { what, why: `it should be ${digest} and is ${found}`, digests: [digest, found] });
    const manifest = { digest, mediaType: manifestMediaType(entry?.mediaType, bytes), bytes, size: bytes.byteLength };
    parseManifest(manifest);
    return manifest;
  }

  async putManifest(reference: string, manifest: Manifest): Promise<ManifestPut> {
    if (!isDigest(reference)) checkTag(reference);
    const parsed = parseManifest(manifest);
    await this.#storeBytes(manifest.digest, manifest.bytes);
    const descriptor = { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size };
    if (!isDigest(reference)) await this.#index.setTag(reference, descriptor);
    // Nothing else leads from a subject to its referrers, so each of them is listed in index.json.
    else if (parsed.subject !== undefined) await this.#index.add(descriptor);
    return { subjectIndexed: parsed.subject !== undefined };
  }

  /** Takes a tag or manifest off the list; the blobs stay for whatever else uses them. */
  async deleteManifest(reference: string): Promise<void> {
    await this.#index.remove((entry) => (isDigest(reference) ? entry.digest === reference : tagOf(entry) === reference));
  }

  async referrers(digest: Digest): Promise<Referrers> {
    const found = new Map<Digest, Descriptor>();
    for (const { digest: candidate } of await this.#index.entries()) {
      if (found.has(candidate)) continue;
      const manifest = await this.manifest(candidate);
      const parsed = manifest === undefined ? undefined : parseManifest(manifest);
      if (manifest !== undefined && parsed?.subject?.digest === digest) found.set(candidate, referrerDescriptor(manifest, parsed));
    }
    const fallback = await this.manifest(referrersTag(digest));
    const listed = fallback === undefined ? [] : parseManifest(fallback).manifests;
    for (const entry of listed) if (!found.has(entry.digest)) found.set(entry.digest, entry);
    return { descriptors: [...found.values()], native: true };
  }

  async hasBlob(digest: Digest): Promise<boolean> {
    return (await this.#size(digest)) !== undefined;
  }

  async readBlob(blob: { digest: Digest; size: number }, range: ByteRange, options: CallOptions = {}): Promise<BlobRead> {
    const what = `reading blob ${blob.digest} of ${this.registry}`;
    const size = await this.#size(blob.digest);
    if (size === undefined) throw new TransshipError("BLOB_UNKNOWN", { what, why: "the layout does not have it", digests: [blob.digest] });
    if (size !== blob.size)
      throw new TransshipError("SIZE_MISMATCH", { what, why: `the manifest says ${blob.size} bytes and the file has ${size}` });
    if (!(range.start >= 0 && range.start <= range.end && range.end <= size))
      throw new TransshipError("INVALID_ARGUMENT", { what, why: `there is no range ${range.start}-${range.end} in ${size} bytes` });
    return { start: range.start, end: range.end, totalSize: size, bytes: this.#chunks(blob.digest, range, what, options.signal) };
  }

  /** A layout has one repository only: there is nothing to mount from. */
  async mountBlob(digest: Digest): Promise<true | undefined> {
    return (await this.hasBlob(digest)) ? true : undefined;
  }

  async postBlob(digest: Digest, bytes: Uint8Array): Promise<true> {
    await this.#storeBytes(digest, bytes);
    return true;
  }

  async startUpload(): Promise<BlobUpload> {
    await this.#prepare();
    return await LayoutUpload.start(this.#directory);
  }

  async resumeUpload(session: UploadSession): Promise<BlobUpload | undefined> {
    return await LayoutUpload.resume(this.#directory, session);
  }

  async *#chunks(digest: Digest, range: ByteRange, what: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    if (range.start === range.end) return;
    const file = createReadStream(blobPath(this.#directory, digest), { start: range.start, end: range.end - 1, highWaterMark: 256 * 1024 });
    let read = 0;
    try {
      for await (const chunk of file) {
        signal?.throwIfAborted();
        read += (chunk as Uint8Array).byteLength;
        yield chunk as Uint8Array;
      }
    } finally {
      file.destroy();
    }
    if (read < range.end - range.start)
      throw new TransshipError("SIZE_MISMATCH", { what, why: "the file became shorter while it was read" });
  }

  async #size(digest: Digest): Promise<number | undefined> {
    try {
      return (await stat(blobPath(this.#directory, digest))).size;
    } catch (thrown) {
      if (systemCode(thrown) === "ENOENT" || systemCode(thrown) === "ENOTDIR") return undefined;
      throw diskError(`looking into ${this.registry}`, thrown);
    }
  }

  async #readSmall(digest: Digest, what: string): Promise<Uint8Array | undefined> {
    const size = await this.#size(digest);
    if (size === undefined) return undefined;
    if (size > LIMITS.manifestBytes) throw new TransshipError("MANIFEST_TOO_LARGE", { what, why: `it has ${size} bytes` });
    return await readFile(blobPath(this.#directory, digest));
  }

  async #storeBytes(digest: Digest, bytes: Uint8Array): Promise<void> {
    await this.#prepare();
    const found = digestOf(bytes, digestAlgorithm(digest));
    if (found !== digest)
      throw new TransshipError("DIGEST_INVALID", { what: `storing ${digest}`, why: `its bytes have the digest ${found}` });
    if ((await this.#size(digest)) === bytes.byteLength) return;
    const path = blobPath(this.#directory, digest);
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, bytes);
  }
}
