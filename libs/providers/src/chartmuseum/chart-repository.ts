import { TransshipError } from "@transship/errors";
import {
  type BlobRead,
  type ByteRange,
  type CallOptions,
  type Descriptor,
  type Digest,
  isDigest,
  type Manifest,
  type Referrers,
  type Repository,
  tagFault,
} from "@transship/oci";
import { type ChartSource, INDEX_AGE_MS } from "./chart-source.ts";
import type { OciChart } from "./make-chart.ts";
import type { ChartVersion } from "./read-index.ts";

/** One chart of a chart repository as an OCI repository: each version is a tag, made of the archive when it is looked at. Nothing can be written. */
export class ChartRepository implements Repository {
  readonly registry: string;
  readonly name: string;
  readonly #source: ChartSource;
  /** What the manifests that were handed out name: configs as bytes, archives by where they are. */
  readonly #blobs = new Map<Digest, Uint8Array | URL>();

  constructor(source: ChartSource, name: string) {
    this.#source = source;
    this.registry = source.url.href;
    this.name = name;
  }

  /** The versions, as tags. Throws `NAME_UNKNOWN`, and `TAG_INVALID` where a version makes no tag. */
  async *tags({ signal }: CallOptions = {}): AsyncIterable<readonly string[]> {
    const what = `listing the versions of chart ${this.name}`;
    const versions = (await this.#source.index(INDEX_AGE_MS.now, signal)).get(this.name);
    if (versions === undefined) throw new TransshipError("NAME_UNKNOWN", { what, why: `${this.registry} has no such chart` });
    for (const { version, tag } of versions) {
      const fault = tagFault(tag);
      if (fault === undefined) continue;
      const hint = "Correct the version at the source, or leave the chart out with spec.repositories.exclude.";
      throw new TransshipError("TAG_INVALID", { what, why: `version ${JSON.stringify(version.slice(0, 160))} is no tag: ${fault}`, hint });
    }
    yield versions.map(({ tag }) => tag);
  }

  async resolve(reference: string, options?: CallOptions): Promise<Descriptor | undefined> {
    const manifest = await this.manifest(reference, options);
    return manifest && { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size };
  }

  async manifest(reference: string, { signal }: CallOptions = {}): Promise<Manifest | undefined> {
    const versions = await this.#versions(INDEX_AGE_MS.recent, signal);
    if (isDigest(reference)) {
      return (await this.#search(versions, reference, signal)) ?? this.#search(await this.#versions(0, signal), reference, signal);
    }
    const version = versions.find(({ tag }) => tag === reference);
    return version && this.#handOut(version, await this.#source.chart(this.name, version, signal));
  }

  async referrers(): Promise<Referrers> {
    return { descriptors: [], native: true };
  }

  async hasBlob(digest: Digest): Promise<boolean> {
    return this.#blobs.has(digest);
  }

  async readBlob(blob: { digest: Digest; size: number }, range: ByteRange, options: CallOptions = {}): Promise<BlobRead> {
    const found = this.#blobs.get(blob.digest);
    if (found instanceof URL) return await this.#source.readArchive(found, blob, range, options);
    const what = `reading blob ${blob.digest} of chart ${this.name}`;
    if (found === undefined)
      throw new TransshipError("BLOB_UNKNOWN", { what, why: "no manifest that was read names it", digests: [blob.digest] });
    const { start, end } = range;
    return { start, end, totalSize: found.byteLength, bytes: oneChunk(found.subarray(start, end)) };
  }

  async putManifest(): Promise<never> {
    throw this.#readOnly();
  }

  async deleteManifest(): Promise<never> {
    throw this.#readOnly();
  }

  async mountBlob(): Promise<never> {
    throw this.#readOnly();
  }

  async postBlob(): Promise<never> {
    throw this.#readOnly();
  }

  async startUpload(): Promise<never> {
    throw this.#readOnly();
  }

  async resumeUpload(): Promise<never> {
    throw this.#readOnly();
  }

  async #versions(ageMs: number, signal: AbortSignal | undefined): Promise<readonly ChartVersion[]> {
    return (await this.#source.index(ageMs, signal)).get(this.name) ?? [];
  }

  /**
   * The manifest with a digest. Which version it is of is known only of those that were read: another agent may have listed them. The others are read in the order of the
   * index, the newest first, which are mostly the ones that are wanted; each stays known.
   */
  async #search(versions: readonly ChartVersion[], digest: Digest, signal: AbortSignal | undefined): Promise<Manifest | undefined> {
    for (const version of versions) {
      const chart = this.#source.remembered(version);
      if (chart?.manifest.digest === digest) return this.#handOut(version, chart);
    }
    for (const version of versions) {
      if (this.#source.remembered(version) !== undefined) continue;
      const chart = await this.#source.chart(this.name, version, signal);
      if (chart.manifest.digest === digest) return this.#handOut(version, chart);
    }
    return undefined;
  }

  #handOut(version: ChartVersion, { manifest, config, archive }: OciChart): Manifest {
    this.#blobs.set(config.digest, config.bytes).set(archive.digest, version.url);
    return manifest;
  }

  #readOnly(): TransshipError {
    const why = `${this.registry} is a chart repository: charts can be copied from it, and nothing to it`;
    return new TransshipError("UNSUPPORTED", { what: `writing to chart ${this.name}`, why });
  }
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}
