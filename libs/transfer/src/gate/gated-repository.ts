import type {
  BlobRead,
  BlobUpload,
  ByteRange,
  CallOptions,
  Descriptor,
  Digest,
  Manifest,
  ManifestPut,
  Referrers,
  Repository,
  UploadSession,
} from "@transship/oci";
import { gatedPages } from "./gated-pages.ts";
import { GatedUpload } from "./gated-upload.ts";
import type { InstanceGate } from "./instance-gate.ts";
import { MeteredBytes } from "./metered-bytes.ts";
import { judge } from "./verdict.ts";

/** A repository whose requests and bytes go through its instance's gate. One call counts as one request, even where it needs a token or a redirect on the way. */
export class GatedRepository implements Repository {
  readonly #inner: Repository;
  readonly #gate: InstanceGate;

  constructor(inner: Repository, gate: InstanceGate) {
    this.#inner = inner;
    this.#gate = gate;
  }

  get registry(): string {
    return this.#inner.registry;
  }

  get name(): string {
    return this.#inner.name;
  }

  tags(options?: CallOptions): AsyncIterable<readonly string[]> {
    return gatedPages(this.#inner.tags(options), this.#gate, { what: `listing the tags of ${this.#place}`, signal: options?.signal });
  }

  resolve(reference: string, options?: CallOptions): Promise<Descriptor | undefined> {
    return this.#small(options, () => this.#inner.resolve(reference, options));
  }

  manifest(reference: string, options?: CallOptions): Promise<Manifest | undefined> {
    return this.#small(options, () => this.#inner.manifest(reference, options));
  }

  putManifest(reference: string, manifest: Manifest, options?: CallOptions): Promise<ManifestPut> {
    return this.#small(options, () => this.#inner.putManifest(reference, manifest, options));
  }

  deleteManifest(reference: string, options?: CallOptions): Promise<void> {
    return this.#small(options, () => this.#inner.deleteManifest(reference, options));
  }

  referrers(digest: Digest, options?: CallOptions): Promise<Referrers> {
    return this.#small(options, () => this.#inner.referrers(digest, options));
  }

  hasBlob(digest: Digest, options?: CallOptions): Promise<boolean> {
    return this.#small(options, () => this.#inner.hasBlob(digest, options));
  }

  /** The place is held until `bytes` is read to its end, let go, or aborted. */
  async readBlob(blob: { digest: Digest; size: number }, range: ByteRange, options: CallOptions = {}): Promise<BlobRead> {
    const { signal } = options;
    const pass = await this.#gate.enter({ lane: "download", what: `reading blob ${blob.digest} of ${this.#place}`, signal });
    try {
      const read = await this.#inner.readBlob(blob, range, options);
      pass.answered();
      const ended = (complete: boolean): void => pass.end({ kind: complete ? "fine" : "nothing" });
      return { ...read, bytes: new MeteredBytes(read.bytes, this.#gate.throttle, signal, { ended }) };
    } catch (error) {
      pass.end(judge(error, signal));
      throw error;
    }
  }

  /** Never more than the instance takes, and none while it is down. */
  openAhead(connections: number): void {
    if (!this.#gate.shut) this.#inner.openAhead?.(Math.min(connections, this.#gate.limits.connections ?? connections));
  }

  async mountBlob(digest: Digest, from: string, options?: CallOptions): Promise<true | BlobUpload | undefined> {
    const answer = await this.#small(options, () => this.#inner.mountBlob(digest, from, options));
    return answer === true ? true : this.#gated(answer);
  }

  /** Small like the other requests of its lane; its bytes wait for their turn before it takes a place. */
  async postBlob(digest: Digest, bytes: Uint8Array, options: CallOptions = {}): Promise<true | BlobUpload | undefined> {
    await this.#gate.throttle.pass(bytes.byteLength, options.signal ?? new AbortController().signal);
    const answer = await this.#small(options, () => this.#inner.postBlob(digest, bytes, options));
    return answer === true ? true : this.#gated(answer);
  }

  async startUpload(options?: CallOptions): Promise<BlobUpload> {
    const upload = await this.#small(options, () => this.#inner.startUpload(options));
    return new GatedUpload(upload, this.#gate, `uploading a blob to ${this.#place}`);
  }

  async resumeUpload(session: UploadSession, options?: CallOptions): Promise<BlobUpload | undefined> {
    return this.#gated(await this.#small(options, () => this.#inner.resumeUpload(session, options)));
  }

  #gated(upload: BlobUpload | undefined): BlobUpload | undefined {
    return upload === undefined ? undefined : new GatedUpload(upload, this.#gate, `uploading a blob to ${this.#place}`);
  }

  #small<T>(options: CallOptions | undefined, work: () => Promise<T>): Promise<T> {
    return this.#gate.run({ lane: "small", what: `asking ${this.#place}`, signal: options?.signal }, work);
  }

  get #place(): string {
    return `${this.registry}/${this.name}`;
  }
}
