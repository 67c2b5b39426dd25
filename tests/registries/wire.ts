import { createHash } from "node:crypto";
import { connect } from "node:net";

/** A registry as a client sees it: a base URL and a repository of the case's own. */
export interface Target {
  readonly url: string;
  readonly repository: string;
}

/** A reply, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** The connection ended before the body did. */
  readonly torn: boolean;
}

export interface Ask {
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
}

/** One request; `path` is below `/v2/<repository>/` unless it begins with a slash or is a whole URL. Follows nothing. */
export async function ask(target: Target, method: string, path: string, { headers = {}, body }: Ask = {}): Promise<Answer> {
  const url = new URL(path, `${target.url}/v2/${target.repository}/`);
  const reply = await fetch(url, { method, headers, body: body === undefined ? null : Buffer.from(body), redirect: "manual" });
  const content = await reply.arrayBuffer().catch(() => undefined);
  return { status: reply.status, headers: reply.headers, body: Buffer.from(content ?? new ArrayBuffer(0)), torn: content === undefined };
}

/** The codes of the spec's error JSON. */
export function codes({ body }: Answer): string[] {
  try {
    const { errors } = JSON.parse(body.toString("utf8")) as { errors?: { code: string }[] };
    return (errors ?? []).map(({ code }) => code);
  } catch {
    return [];
  }
}

/** Status and error codes together: what most cases look at. */
export function verdict(answer: Answer): { status: number; codes: string[] } {
  return { status: answer.status, codes: codes(answer) };
}

export function digest(bytes: Uint8Array | string, algorithm = "sha256"): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** The `Location` of a reply, with the digest added where one is given. */
export function location(target: Target, answer: Answer, withDigest?: string): string {
  const url = new URL(answer.headers.get("location") ?? "", target.url);
  if (withDigest !== undefined) url.searchParams.set("digest", withDigest);
  return url.href;
}

/** Opens an upload session. */
export async function open(target: Target): Promise<Answer> {
  return await ask(target, "POST", "blobs/uploads/");
}

/** Sends one chunk to a session. */
export async function patch(target: Target, session: Answer, bytes: Uint8Array, range?: string): Promise<Answer> {
  const headers = { "content-type": "application/octet-stream", ...(range === undefined ? {} : { "content-range": range }) };
  return await ask(target, "PATCH", location(target, session), { headers, body: bytes });
}

/** Pushes a blob in the plain way and returns its digest. */
export async function pushBlob(target: Target, bytes: Uint8Array | string): Promise<string> {
  const name = digest(bytes);
  const session = await open(target);
  await ask(target, "PUT", location(target, session, name), { headers: { "content-type": "application/octet-stream" }, body: bytes });
  return name;
}

export const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const INDEX = "application/vnd.oci.image.index.v1+json";

/** A small image manifest whose blobs are pushed; `note` makes it differ from others. */
export async function smallImage(target: Target, note = "", more: object = {}): Promise<string> {
  const config = "{}";
  const layer = `layer ${note}`;
  await pushBlob(target, config);
  await pushBlob(target, layer);
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digest(config), size: config.length },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digest(layer), size: layer.length }],
    ...more,
  });
}

export async function putManifest(target: Target, reference: string, body: string, mediaType = MANIFEST): Promise<Answer> {
  return await ask(target, "PUT", `manifests/${reference}`, { headers: { "content-type": mediaType }, body });
}

/** Sends the head of a PATCH and only the first bytes of its body, then resets the connection, as a dying client does. */
export async function tornPatch(target: Target, session: Answer, announced: number, sent: Uint8Array): Promise<void> {
  const url = new URL(location(target, session));
  const socket = connect(Number(url.port), url.hostname);
  const head = `PATCH ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: application/octet-stream\r\nContent-Length: ${announced}\r\n\r\n`;
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.write(head);
    socket.write(sent, () => setTimeout(resolve, 100));
  });
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 200));
}
