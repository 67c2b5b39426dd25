import { createHash } from "node:crypto";
import { pushImage } from "../bench/corpus.ts";
import { describe, putManifest } from "../stories/stage/seed.ts";
import type { Push } from "./draw-round.ts";

const OCI = "application/vnd.oci.image";

/** Pushes what a round wants at one moment; resolves with the digest of the tag. All images of a round share one layer. */
export async function push(registry: string, namespace: string, wanted: Push, seed: string): Promise<string> {
  const repository = `${namespace}/${wanted.repository}`;
  const shared = bytesOf(`${namespace} shared`, 400_000);
  const layers = (platform: string) => [shared, ...wanted.layers.map((size, index) => bytesOf(`${seed} ${platform} ${index}`, size))];
  if (!wanted.index) {
    await pushImage(registry, repository, wanted.tag, layers("one"));
    return (await describe(registry, repository, wanted.tag)).digest;
  }
  const manifests: object[] = [];
  for (const architecture of ["amd64", "arm64"]) {
    const child = `made-${wanted.tag}-${architecture}`;
    await pushImage(registry, repository, child, layers(architecture).slice(0, 2));
    manifests.push({ ...(await describe(registry, repository, child)), platform: { os: "linux", architecture } });
  }
  const document = { schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests };
  return (await putManifest(registry, repository, wanted.tag, `${OCI}.index.v1+json`, document)).digest;
}

/** Bytes that do not compress, the same for the same seed. Not kept: a hundred rounds push gigabytes. */
function bytesOf(seed: string, length: number): Uint8Array {
  return createHash("shake256", { outputLength: length }).update(seed).digest();
}
