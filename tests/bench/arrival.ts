import { createHash } from "node:crypto";

/** An image as a registry shows it. */
export interface ImageFacts {
  readonly digest: string;
  /** Bytes by digest: the config and the layers. */
  readonly blobs: ReadonlyMap<string, number>;
  /** Bytes of all blobs. */
  readonly size: number;
}

interface Manifest {
  readonly config: { readonly digest: string; readonly size: number };
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

/** Reads a tag's manifest and asks for every blob that it names. Throws when the tag or a blob is not there whole. */
export async function readImage(registry: string, repository: string, tag: string): Promise<ImageFacts> {
  const accept = "application/vnd.oci.image.manifest.v1+json";
  const answer = await fetch(`${registry}/v2/${repository}/manifests/${tag}`, { headers: { accept } });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (!answer.ok) throw new Error(`${repository}:${tag} is not there: ${answer.status}`);
  const { config, layers } = JSON.parse(Buffer.from(bytes).toString()) as Manifest;
  const blobs = new Map([config, ...layers].map(({ digest, size }) => [digest, size]));
  for (const [digest, size] of blobs) {
    const blob = await fetch(`${registry}/v2/${repository}/blobs/${digest}`, { method: "HEAD" });
    const length = Number(blob.headers.get("content-length"));
    if (!blob.ok || length !== size) throw new Error(`${repository}@${digest}: ${blob.status}, ${length} of ${size} bytes`);
  }
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  return { digest, blobs, size: [...blobs.values()].reduce((sum, size) => sum + size, 0) };
}

/** A contender that leaves something out is not fast. Throws when the target's tag is another image than expected. */
export async function assertImageArrived(registry: string, repository: string, tag: string, expected: ImageFacts): Promise<void> {
  const { digest } = await readImage(registry, repository, tag);
  if (digest !== expected.digest) throw new Error(`${repository}:${tag} arrived as ${digest}, not ${expected.digest}`);
}
