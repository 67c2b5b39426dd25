import type { RegistryClient } from "./client.ts";
import type { Digest } from "./digest.ts";
import type { Descriptor, Manifest } from "./manifest.ts";
import { checkRepositoryName } from "./names.ts";
import { hasBlob, readBlob } from "./read-blob.ts";
import { readManifest, resolveManifest } from "./read-manifest.ts";
import { referrers } from "./referrers.ts";
import type { BlobRead, BlobUpload, ByteRange, CallOptions, ManifestPut, Referrers, Repository, UploadSession } from "./repository.ts";
import { mountBlob, postBlob, startUpload } from "./start-upload.ts";
import { tags } from "./tags.ts";
import { HttpUpload } from "./upload.ts";
import { deleteManifest, putManifest } from "./write-manifest.ts";

/** A repository of an HTTP registry; each method is a file of its own. */
export class HttpRepository implements Repository {
  readonly name: string;
  readonly #client: RegistryClient;

  /** Throws `NAME_INVALID` for a name outside the spec's grammar, before it gets into any URL. */
  constructor(client: RegistryClient, name: string) {
    checkRepositoryName(name);
    this.#client = client;
    this.name = name;
  }

  get registry(): string {
    return this.#client.origin.origin;
  }

  tags(options?: CallOptions): AsyncIterable<readonly string[]> {
    return tags(this.#client, this.name, options);
  }

  resolve(reference: string, options?: CallOptions): Promise<Descriptor | undefined> {
    return resolveManifest(this.#client, this.name, reference, options);
  }

  manifest(reference: string, options?: CallOptions): Promise<Manifest | undefined> {
    return readManifest(this.#client, this.name, reference, options);
  }

  putManifest(reference: string, manifest: Manifest, options?: CallOptions): Promise<ManifestPut> {
    return putManifest(this.#client, this.name, reference, manifest, options);
  }

  deleteManifest(reference: string, options?: CallOptions): Promise<void> {
    return deleteManifest(this.#client, this.name, reference, options);
  }

  referrers(digest: Digest, options?: CallOptions): Promise<Referrers> {
    return referrers(this.#client, this.name, digest, options);
  }

  hasBlob(digest: Digest, options?: CallOptions): Promise<boolean> {
    return hasBlob(this.#client, this.name, digest, options);
  }

  readBlob(blob: { digest: Digest; size: number }, range: ByteRange, options?: CallOptions): Promise<BlobRead> {
    return readBlob(this.#client, this.name, blob, range, options);
  }

  openAhead(connections: number): void {
    this.#client.openAhead(connections);
  }

  mountBlob(digest: Digest, from: string, options?: CallOptions): Promise<true | BlobUpload | undefined> {
    return mountBlob(this.#client, this.name, digest, from, options);
  }

  postBlob(digest: Digest, bytes: Uint8Array, options?: CallOptions): Promise<true | BlobUpload | undefined> {
    return postBlob(this.#client, this.name, digest, bytes, options);
  }

  startUpload(options?: CallOptions): Promise<BlobUpload> {
    return startUpload(this.#client, this.name, options);
  }

  resumeUpload(session: UploadSession, options?: CallOptions): Promise<BlobUpload | undefined> {
    return HttpUpload.resumed(this.#client, this.name, session, options);
  }
}
