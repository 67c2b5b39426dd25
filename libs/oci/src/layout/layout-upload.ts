import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { diskError, systemCode, TransshipError } from "@transship/errors";
import { createDigestHash, type Digest, digestAlgorithm, hashDigest } from "../digest.ts";
import { OnePass } from "../one-pass.ts";
import type { BlobUpload, CallOptions, UploadSession } from "../repository.ts";
import { blobPath, uploadsPath } from "./paths.ts";

type Bytes = { readonly bytes: AsyncIterable<Uint8Array>; readonly length: number };
const LOCATION = /^layout-upload:([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/;

/** A blob on its way into a layout: a file whose length is the offset, so that it goes on after any end of the process. */
export class LayoutUpload implements BlobUpload {
  readonly minChunkBytes = 0;
  readonly tookChunkForAll = false;
  readonly #directory: string;
  readonly #id: string;
  #offset: number;
  /** The hash of everything so far, where this process wrote all of it; sha256, which nearly every blob has. */
  #hash: ReturnType<typeof createHash> | undefined;

  private constructor(directory: string, id: string, offset: number) {
    this.#directory = directory;
    this.#id = id;
    this.#offset = offset;
    this.#hash = offset === 0 ? createHash("sha256") : undefined;
  }

  static async start(directory: string): Promise<LayoutUpload> {
    await mkdir(uploadsPath(directory), { recursive: true });
    const upload = new LayoutUpload(directory, randomUUID(), 0);
    await using _file = await open(upload.#path, "wx");
    return upload;
  }

  static async resume(directory: string, session: UploadSession): Promise<LayoutUpload | undefined> {
    const id = LOCATION.exec(session.location)?.[1];
    if (id === undefined)
      throw new TransshipError("INVALID_ARGUMENT", { what: "a stored upload location", why: "it is not one of an OCI layout" });
    try {
      const { size } = await stat(join(uploadsPath(directory), id));
      return new LayoutUpload(directory, id, size);
    } catch (thrown) {
      if (systemCode(thrown) === "ENOENT") return undefined;
      throw thrown;
    }
  }

  get session(): UploadSession {
    return { location: `layout-upload:${this.#id}` };
  }

  get offset(): number {
    return this.#offset;
  }

  async append(bytes: AsyncIterable<Uint8Array>, length: number, options: CallOptions = {}): Promise<number> {
    const once = new OnePass(bytes);
    try {
      return await this.#append(once, length, options);
    } finally {
      await once.release();
    }
  }

  async #append(bytes: AsyncIterable<Uint8Array>, length: number, options: CallOptions): Promise<number> {
    await using file = await this.#open();
    const from = this.#offset;
    for await (const chunk of bytes) {
      options.signal?.throwIfAborted();
      if (this.#offset - from + chunk.byteLength > length) throw mismatch(`${length} were announced, more came`);
      await writeFully(file, chunk, this.#offset);
      this.#hash?.update(chunk);
      this.#offset += chunk.byteLength;
    }
    if (this.#offset - from < length) throw mismatch(`${length} were announced, only ${this.#offset - from} came`);
    return this.#offset;
  }

  async commit(digest: Digest, rest?: Bytes, options: CallOptions = {}): Promise<void> {
    if (rest !== undefined && rest.length > 0) await this.append(rest.bytes, rest.length, options);
    const found = await this.#digest(digest, options);
    if (found !== digest) {
      await this.cancel();
      const why = `the bytes have the digest ${found}`;
      throw new TransshipError("DIGEST_INVALID", { what: `storing blob ${digest}`, why, digests: [digest, found] });
    }
    const target = blobPath(this.#directory, digest);
    await mkdir(dirname(target), { recursive: true });
    {
      await using file = await this.#open();
      await file.sync();
    }
    await rename(this.#path, target);
  }

  async cancel(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  get #path(): string {
    return join(uploadsPath(this.#directory), this.#id);
  }

  async #open(): Promise<FileHandle> {
    try {
      return await open(this.#path, "r+");
    } catch (thrown) {
      if (systemCode(thrown) !== "ENOENT") throw thrown;
      throw new TransshipError("BLOB_UPLOAD_UNKNOWN", { what: "an upload to an OCI layout", why: "its file is gone", cause: thrown });
    }
  }

  async #digest(digest: Digest, options: CallOptions): Promise<Digest> {
    const algorithm = digestAlgorithm(digest);
    if (this.#hash !== undefined && algorithm === "sha256") return hashDigest(this.#hash.copy(), algorithm);
    const hash = createDigestHash(digest);
    for await (const chunk of createReadStream(this.#path, { signal: options.signal, highWaterMark: 1024 * 1024 }))
      hash.update(chunk as Uint8Array);
    return hashDigest(hash, algorithm);
  }
}

async function writeFully(file: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  try {
    for (let done = 0; done < chunk.byteLength; ) {
      const { bytesWritten } = await file.write(chunk, done, chunk.byteLength - done, position + done);
      done += bytesWritten;
    }
  } catch (thrown) {
    throw diskError("storing a blob in an OCI layout", thrown);
  }
}

function mismatch(why: string): TransshipError {
  return new TransshipError("SIZE_MISMATCH", { what: "bytes to store in an OCI layout", why });
}
