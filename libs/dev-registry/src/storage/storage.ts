import type { Algorithm } from "../digest.ts";
import type { Catalogue } from "./catalogue.ts";
import type { SyntheticBlob } from "./synthetic-blob.ts";

/** Chunks of content in order; each chunk may be kept by the reader. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** A manifest as it was pushed. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/**
 * What a registry remembers. Questions about names are asked of the `catalogue`, which is in memory in every
 * implementation; every change goes through the methods here, so that an implementation can make it durable first.
 * Digests and names are valid by then: the handlers refuse others.
 */
export interface Storage extends AsyncDisposable {
  readonly catalogue: Catalogue;

  /** Size in bytes of content that any repository holds. */
  contentSize(digest: string): number | undefined;
  /** Bytes `start` to `end`, both included. Only called for content that is there. */
  readContent(digest: string, start: number, end: number): Chunks;

  addBlob(repository: string, digest: string, bytes: Uint8Array): Promise<void>;
  /** A blob whose bytes are computed when they are read. */
  addSyntheticBlob(repository: string, blob: SyntheticBlob): Promise<void>;
  /** Makes content of another repository a blob of this one. */
  linkBlob(repository: string, digest: string): Promise<void>;
  /** False when the repository does not hold the blob. Content that nobody holds any more goes too. */
  removeBlob(repository: string, digest: string): Promise<boolean>;

  readManifest(repository: string, digest: string): Promise<StoredManifest | undefined>;
  putManifest(repository: string, digest: string, manifest: StoredManifest): Promise<void>;
  /** Removes the manifest and every tag that names it. */
  removeManifest(repository: string, digest: string): Promise<boolean>;
  setTag(repository: string, tag: string, digest: string): Promise<void>;
  removeTag(repository: string, tag: string): Promise<boolean>;

  startUpload(repository: string, algorithm: Algorithm): Promise<Upload>;
  findUpload(id: string): Upload | undefined;
  uploads(): readonly Upload[];
}

/** An upload session: an append-only run of bytes that becomes a blob. One writer at a time; the handlers see to that. */
export interface Upload {
  readonly id: string;
  readonly repository: string;
  /** Bytes that are stored. */
  readonly offset: number;
  append(chunks: readonly Uint8Array[]): Promise<void>;
  /** Digest of everything appended. */
  digest(algorithm: Algorithm): Promise<string>;
  /** Turns the bytes into a blob of the session's repository and ends the session. The digest must be theirs. */
  commit(digest: string): Promise<void>;
  /** Ends the session and forgets its bytes. */
  cancel(): Promise<void>;
}
