import { TransshipError } from "@transship/errors";
import type { Call, RegistryClient } from "./client.ts";
import { parseUploadRange } from "./content-range.ts";
import type { Digest } from "./digest.ts";
import type { Answer } from "./exchange.ts";
import type { BlobUpload, CallOptions, UploadSession } from "./repository.ts";
import { pushScope } from "./scopes.ts";
import { checkStored } from "./stored-digest.ts";

/** Cancelling is a courtesy, which a registry that hangs does not get: milliseconds until its answer. */
const CANCEL_MS = 5_000;

type Bytes = { readonly bytes: AsyncIterable<Uint8Array>; readonly length: number };

/** An upload session of an HTTP registry (OCI distribution-spec 1.1, "Pushing blobs"). */
export class HttpUpload implements BlobUpload {
  readonly minChunkBytes: number;
  readonly #client: RegistryClient;
  readonly #name: string;
  #location: URL;
  #offset: number;
  #tookChunkForAll = false;

  private constructor(client: RegistryClient, name: string, location: URL, offset: number, minChunkBytes: number) {
    this.#client = client;
    this.#name = name;
    this.#location = location;
    this.#offset = offset;
    this.minChunkBytes = minChunkBytes;
  }

  /** The session that an answer with status 202 opened. Throws `RESPONSE_MALFORMED`, `REDIRECT_REFUSED` for a location elsewhere (S4). */
  static async opened(client: RegistryClient, name: string, call: Call, answer: Answer): Promise<HttpUpload> {
    const chunk = answer.headers.get("oci-chunk-min-length");
    const upload = new HttpUpload(client, name, call.url, 0, chunk !== undefined && /^\d{1,12}$/.test(chunk) ? Number(chunk) : 0);
    await answer.body.discard();
    if (answer.headers.get("location") === undefined)
      throw new TransshipError("RESPONSE_MALFORMED", { what: call.what, why: "the registry opened an upload without a Location" });
    upload.#follow(answer);
    return upload;
  }

  /** The session of an earlier process at the registry's own offset (end-13); undefined where the registry has forgotten it or cannot say how far it is. */
  static async resumed(
    client: RegistryClient,
    name: string,
    session: UploadSession,
    options: CallOptions = {},
  ): Promise<HttpUpload | undefined> {
    const location = URL.parse(session.location);
    const what = `asking for the state of an upload to ${name}`;
    if (location === null) throw new TransshipError("INVALID_ARGUMENT", { what, why: "the stored location is no URL" });
    client.guard.checkUpload(location, "a stored upload location");
    const call: Call = {
      operation: "upload.status",
      what,
      method: "GET",
      url: location,
      subject: "upload",
      scopes: pushScope(name),
      signal: options.signal,
      followRedirects: false,
    };
    const answer = await client.send(call);
    if (answer.status < 200 || answer.status > 299) return await forgotten(client, call, answer);
    const offset = parseUploadRange(answer.headers.get("range"));
    const upload = new HttpUpload(client, name, location, typeof offset === "number" ? offset : 0, 0);
    await answer.body.discard();
    upload.#follow(answer);
    if (typeof offset === "number") return upload;
    // "0-0" is sent for nothing and for one byte: a fresh session costs less than a wrong offset.
    await upload.cancel(options);
    return undefined;
  }

  get session(): UploadSession {
    return { location: this.#location.href };
  }

  get offset(): number {
    return this.#offset;
  }

  get tookChunkForAll(): boolean {
    return this.#tookChunkForAll;
  }

  async append(bytes: AsyncIterable<Uint8Array>, length: number, options: CallOptions = {}): Promise<number> {
    const expected = this.#offset + length;
    const call = this.#call("upload.append", "PATCH", this.#location, options, {
      headers: { "content-type": "application/octet-stream", "content-range": `${this.#offset}-${expected - 1}` },
      body: { bytes, length },
    });
    const answer = await this.#client.send(call);
    if (answer.status < 200 || answer.status > 299) {
      // A 416 names the session's present location, from which resumeUpload goes on.
      if (answer.headers.get("location") !== undefined && answer.headers.get("range") !== undefined) this.#follow(answer);
      throw await this.#client.refusal(call, answer);
    }
    await answer.body.discard();
    this.#follow(answer);
    this.#tookChunkForAll ||= answer.status === 201;
    this.#offset = acknowledged(call, answer.headers.get("range"), expected);
    return this.#offset;
  }

  async commit(digest: Digest, rest?: Bytes, options: CallOptions = {}): Promise<void> {
    const url = new URL(this.#location);
    // Appended as text: setting it through URLSearchParams would re-encode the registry's own state in the query.
    url.search = `${url.search === "" ? "?" : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
    const body = rest === undefined || rest.length === 0 ? undefined : rest;
    const range = body !== undefined && this.#offset > 0 ? { "content-range": `${this.#offset}-${this.#offset + body.length - 1}` } : {};
    const call = this.#call("upload.commit", "PUT", url, options, {
      headers: { "content-type": "application/octet-stream", ...range },
      ...(body === undefined ? { body: new Uint8Array() } : { body }),
      answerMs: this.#client.commitMs,
    });
    const answer = await this.#client.send(call);
    if (answer.status < 200 || answer.status > 299) throw await this.#client.refusal(call, answer);
    await answer.body.discard();
    checkStored(call, answer, digest);
  }

  async cancel(options: CallOptions = {}): Promise<void> {
    try {
      const answer = await this.#client.send(this.#call("upload.cancel", "DELETE", this.#location, options, { answerMs: CANCEL_MS }));
      await answer.body.discard();
    } catch {
      options.signal?.throwIfAborted();
    }
  }

  #call(operation: string, method: "PATCH" | "PUT" | "DELETE", url: URL, options: CallOptions, rest: Partial<Call>): Call {
    const what = `uploading a blob to ${this.#name}`;
    return { operation, what, method, url, subject: "upload", scopes: pushScope(this.#name), signal: options.signal, ...rest };
  }

  /** Takes over the location of an answer: each one is good only until the next, and its query holds the registry's state. */
  #follow(answer: Answer): void {
    const header = answer.headers.get("location");
    if (header === undefined) return;
    const location = URL.parse(header, answer.url.href);
    if (location === null)
      throw new TransshipError("RESPONSE_MALFORMED", { what: `uploading a blob to ${this.#name}`, why: "the upload's Location is no URL" });
    this.#client.guard.checkUpload(location, "an upload location of the registry");
    this.#location = location;
  }
}

async function forgotten(client: RegistryClient, call: Call, answer: Answer): Promise<undefined> {
  const refusal = await client.refusal(call, answer);
  // 405 and UNSUPPORTED: no status query here. distribution 2.8 answers 404 BLOB_UPLOAD_INVALID and drops a session whose offset it disagrees with.
  const gone: readonly string[] = [
    "BLOB_UPLOAD_UNKNOWN",
    "BLOB_UPLOAD_INVALID",
    "RANGE_INVALID",
    "UNSUPPORTED",
    "NAME_UNKNOWN",
    "BLOB_UNKNOWN",
  ];
  if (gone.includes(refusal.code)) return undefined;
  throw refusal;
}

/** The registry's offset after a chunk: its `Range`, or ours where it sends none. Less than sent is possible; more is a session that others write to. */
function acknowledged(call: Call, header: string | undefined, expected: number): number {
  const range = parseUploadRange(header);
  if (range === undefined) return expected;
  const offset = range === "ambiguous" ? (expected === 1 ? 1 : 0) : range;
  // Quay counts bytes where the spec wants the last byte's position.
  if (offset === expected + 1) return expected;
  if (offset <= expected) return offset;
  throw new TransshipError("BLOB_UPLOAD_INVALID", {
    what: call.what,
    why: `the registry has ${offset} bytes of which only ${expected} were sent`,
  });
}
