import { createHash } from "node:crypto";
import { Readable } from "node:stream";

const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** What a tag was found to be, read to the last byte. */
export interface Pulled {
  readonly digest: string;
  /** The size of everything under it, by the SHA-256 of the bytes that came. */
  readonly content: ReadonlyMap<string, number>;
}

interface Document {
  readonly manifests?: readonly { readonly digest: string }[];
  readonly config?: { readonly digest: string; readonly size: number };
  readonly layers?: readonly { readonly digest: string; readonly size: number }[];
}

/**
 * Pulls what a tag or digest names and everything below, and computes every digest from the bytes. It shares no code with the copy engine: what this finds whole is
 * whole, whatever the engine believes. @throws Error that says what is missing or differs.
 */
export async function pullWhole(registry: string, repository: string, reference: string): Promise<Pulled> {
  const content = new Map<string, number>();
  const digest = await pullManifest(`${registry}/v2/${repository}`, reference, content);
  return { digest, content };
}

async function pullManifest(base: string, reference: string, content: Map<string, number>): Promise<string> {
  const answer = await ask(`${base}/manifests/${reference}`, { accept: ACCEPT });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  if (reference.startsWith("sha256:") && digest !== reference) throw new Error(`${base}/manifests/${reference} has the bytes of ${digest}`);
  content.set(digest, bytes.byteLength);
  const { manifests = [], config, layers = [] } = JSON.parse(Buffer.from(bytes).toString()) as Document;
  for (const child of manifests) await pullManifest(base, child.digest, content);
  for (const blob of [...(config === undefined ? [] : [config]), ...layers]) await pullBlob(base, blob, content);
  return digest;
}

async function pullBlob(
  base: string,
  blob: { readonly digest: string; readonly size: number },
  content: Map<string, number>,
): Promise<void> {
  if (content.has(blob.digest)) return;
  const answer = await ask(`${base}/blobs/${blob.digest}`, {});
  const hash = createHash("sha256");
  let size = 0;
  if (answer.body !== null) {
    for await (const bytes of Readable.fromWeb(answer.body)) {
      hash.update(bytes as Uint8Array);
      size += (bytes as Uint8Array).byteLength;
    }
  }
  const digest = `sha256:${hash.digest("hex")}`;
  if (digest !== blob.digest || size !== blob.size)
    throw new Error(`${base}/blobs/${blob.digest} has ${size} bytes of ${digest}, not ${blob.size}`);
  content.set(digest, size);
}

async function ask(url: string, headers: Record<string, string>): Promise<Response> {
  const answer = await fetch(url, { headers });
  if (answer.ok) return answer;
  throw new Error(`${url} answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
}
