import type { BlobUpload, CallOptions, Digest, UploadSession } from "@transship/oci";
import type { InstanceGate } from "./instance-gate.ts";
import { MeteredBytes } from "./metered-bytes.ts";
import type { Pass } from "./pass.ts";
import { judge } from "./verdict.ts";

/** An upload whose requests and bytes go through a gate. */
export class GatedUpload implements BlobUpload {
  readonly #inner: BlobUpload;
  readonly #gate: InstanceGate;
  readonly #what: string;

  /** `what`: what an error of the gate says that failed. */
  constructor(inner: BlobUpload, gate: InstanceGate, what: string) {
    this.#inner = inner;
    this.#gate = gate;
    this.#what = what;
  }

  get session(): UploadSession {
    return this.#inner.session;
  }

  get offset(): number {
    return this.#inner.offset;
  }

  get minChunkBytes(): number {
    return this.#inner.minChunkBytes;
  }

  get tookChunkForAll(): boolean {
    return this.#inner.tookChunkForAll;
  }

  append(bytes: AsyncIterable<Uint8Array>, length: number, options: CallOptions = {}): Promise<number> {
    return this.#send(bytes, options, (metered) => this.#inner.append(metered, length, options));
  }

  async commit(digest: Digest, rest?: { bytes: AsyncIterable<Uint8Array>; length: number }, options: CallOptions = {}): Promise<void> {
    if (rest !== undefined)
      return this.#send(rest.bytes, options, (bytes) => this.#inner.commit(digest, { bytes, length: rest.length }, options));
    // No body, and still no small request: registries may hash or move the whole blob before they answer.
    const caller = { lane: "upload", what: this.#what, signal: options.signal } as const;
    await this.#gate.run(caller, () => this.#inner.commit(digest, undefined, options));
  }

  /** Dropping a session is a courtesy: a registry that wants a pause, or is down, is not asked for it. */
  async cancel(options: CallOptions = {}): Promise<void> {
    if (this.#gate.shut) return;
    try {
      await this.#gate.run({ lane: "small", what: this.#what, signal: options.signal }, () => this.#inner.cancel(options));
    } catch {
      options.signal?.throwIfAborted();
    }
  }

  async #send<T>(source: AsyncIterable<Uint8Array>, { signal }: CallOptions, send: (bytes: MeteredBytes) => Promise<T>): Promise<T> {
    let pass: Pass | undefined;
    const body = new MeteredBytes(source, this.#gate.throttle, signal, { waits: (waiting) => pass?.starves(waiting) });
    try {
      pass = await this.#gate.enter({ lane: "upload", what: this.#what, signal });
      const answer = await send(body);
      pass.end({ kind: "fine" });
      return answer;
    } catch (error) {
      pass?.end(body.sourceFailed ? { kind: "nothing" } : judge(error, signal, body.started));
      throw error;
    } finally {
      await body.release();
    }
  }
}
