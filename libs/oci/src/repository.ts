import type { Digest } from "./digest.ts";
import type { Descriptor, Manifest } from "./manifest.ts";

/** Every call takes a signal: aborting it ends the request and rejects with the signal's reason. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A half-open range of bytes of a blob: from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A blob (or a part of one) on its way in. The reader must consume `bytes` to the end or break out of the iteration, which frees the connection. */
export interface BlobRead {
  /** Offset of the first byte of `bytes` in the blob: the range's start, or 0 where the server ignored the range and sends everything. */
  readonly start: number;
  /** Offset after the last byte that the server means to send: beyond the range's end where it ignored the range. */
  readonly end: number;
  /** Length of the whole blob as the server says it, where it says so. */
  readonly totalSize: number | undefined;
  /** Chunks as they come. Ends with an error (`CONNECTION_FAILED`, `SIZE_MISMATCH`) when the body is cut or longer than announced. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** What a registry said when a manifest was put. */
export interface ManifestPut {
  /** Whether the registry keeps the referrers of the manifest's `subject` by itself (it answered `OCI-Subject`). */
  readonly subjectIndexed: boolean;
}

/** Manifests that have a given subject. */
export interface Referrers {
  readonly descriptors: readonly Descriptor[];
  /** False where the registry has no referrers API and the list comes from the fallback tag (OCI distribution-spec 1.1, "Referrers Tag Schema"). */
  readonly native: boolean;
}

/** An upload that survives this process: give it to {@link Repository.resumeUpload}. */
export interface UploadSession {
  /** The registry's `Location` of the newest answer, absolute for HTTP registries. */
  readonly location: string;
}

/** One blob on its way into a repository: bytes in order, one request at a time. */
export interface BlobUpload {
  /** The newest session, to be stored after every step. */
  readonly session: UploadSession;
  /** How many bytes the registry has, by its own last word. */
  readonly offset: number;
  /** Smallest size of a chunk that is not the last (`OCI-Chunk-Min-Length`), 0 where none was named. */
  readonly minChunkBytes: number;
  /** Whether the registry answered a chunk with 201 as if it were the last (ECR, which drops the bodies of later ones), where the spec wants 202. */
  readonly tookChunkForAll: boolean;
  /**
   * Appends `length` bytes as one chunk (OCI distribution-spec 1.1, end-5) and returns the registry's new offset.
   * After an error the registry may have kept any part of the chunk: ask {@link Repository.resumeUpload} before going on.
   */
  append(bytes: AsyncIterable<Uint8Array>, length: number, options?: CallOptions): Promise<number>;
  /** Ends the upload (end-6), with the last `length` bytes where `rest` is given. Throws `DIGEST_INVALID` where the registry counts another digest. */
  commit(digest: Digest, rest?: { bytes: AsyncIterable<Uint8Array>; length: number }, options?: CallOptions): Promise<void>;
  /** Drops the session; errors are ignored, since registries drop old sessions themselves. */
  cancel(options?: CallOptions): Promise<void>;
}

/**
 * One repository of one registry (or of an OCI layout directory): what the copy engine needs of it, and no more.
 * Every method throws `TransshipError`s: the spec's codes as the registry sent them, `CONNECTION_FAILED`, `TIMED_OUT`, `TLS_FAILED`,
 * `UNAUTHORIZED`, `DENIED`, `TOOMANYREQUESTS` (with `retryAfterMs`), `REGISTRY_FAILED`, `RESPONSE_MALFORMED`, `RESPONSE_TOO_LARGE`.
 */
export interface Repository {
  /** The registry that it belongs to: `https://host:port`, or `oci:<directory>`. Blobs can be mounted between repositories of one registry. */
  readonly registry: string;
  /** Its name in the registry: `team0/app1`. */
  readonly name: string;

  /** Tags, page by page, in the registry's order. Throws `NAME_UNKNOWN` where the repository does not exist. A broken page is an error, never a short list. */
  tags(options?: CallOptions): AsyncIterable<readonly string[]>;

  /** What a tag or digest names now, by HEAD where that is enough; undefined where there is no such manifest or repository. */
  resolve(reference: string, options?: CallOptions): Promise<Descriptor | undefined>;
  /**
   * The manifest with its exact bytes; undefined where there is none. The digest is computed from the bytes; when `reference` is a digest and differs,
   * throws `DIGEST_MISMATCH`. Throws `MANIFEST_INVALID` when the body is ambiguous or no manifest, `MANIFEST_TOO_LARGE` over 4 MiB.
   */
  manifest(reference: string, options?: CallOptions): Promise<Manifest | undefined>;
  /** Puts the exact bytes under a tag or digest. Throws `MANIFEST_BLOB_UNKNOWN` with the missing `digests` where the registry names them, `TAG_IMMUTABLE`, `DENIED`, … */
  putManifest(reference: string, manifest: Manifest, options?: CallOptions): Promise<ManifestPut>;
  /** Deletes a tag or a manifest. Throws `UNSUPPORTED` where the registry does not allow it. A manifest that is not there is no error. */
  deleteManifest(reference: string, options?: CallOptions): Promise<void>;
  /** Manifests whose `subject` is `digest`: the referrers API, else the fallback tag. */
  referrers(digest: Digest, options?: CallOptions): Promise<Referrers>;

  /** Whether the repository has the blob, by HEAD. */
  hasBlob(digest: Digest, options?: CallOptions): Promise<boolean>;
  /** Reads a part of a blob with a closed range; the whole blob when `range` covers it all may be asked without a range header. Throws `BLOB_UNKNOWN`. */
  readBlob(blob: { digest: Digest; size: number }, range: ByteRange, options?: CallOptions): Promise<BlobRead>;
  /** A hint that so many reads will soon begin at once: where connections have to be opened for them, it begins now. */
  openAhead?(connections: number): void;

  /** Mounts the blob from another repository of the same registry (end-11): true when done, else the upload that the registry opened instead, if any. */
  mountBlob(digest: Digest, from: string, options?: CallOptions): Promise<true | BlobUpload | undefined>;
  /**
   * Uploads a small blob in one request (end-4b): true when the registry has it; the upload that it opened instead (202), which has none of the bytes; or undefined
   * where it refuses such requests. Throws for throttling, missing rights and the registry's own failures.
   */
  postBlob(digest: Digest, bytes: Uint8Array, options?: CallOptions): Promise<true | BlobUpload | undefined>;
  /** Opens an upload (end-4a). */
  startUpload(options?: CallOptions): Promise<BlobUpload>;
  /** The upload of an earlier request or process, at the registry's own offset (end-13); undefined where the registry no longer knows it. */
  resumeUpload(session: UploadSession, options?: CallOptions): Promise<BlobUpload | undefined>;
}

/** A registry: an origin with credentials, from which repositories are opened. */
export interface Registry {
  /** `https://host:port`, or `oci:<directory>`. */
  readonly origin: string;
  /** Checks that this is a registry and that the credential is accepted (end-1). Throws `UNAUTHORIZED`, `CONNECTION_FAILED`, `TLS_FAILED`, `RESPONSE_MALFORMED`, … */
  ping(options?: CallOptions): Promise<void>;
  /** All repositories, page by page (`_catalog`, Docker's own API). Throws `UNSUPPORTED` where the registry has none. */
  catalog(options?: CallOptions): AsyncIterable<readonly string[]>;
  repository(name: string): Repository;
  [Symbol.asyncDispose](): Promise<void>;
}
