import type { Descriptor } from "@transship/oci";
import type { CopyContext } from "./copy-context.ts";
import { tryPatiently } from "./patience.ts";
import { placeBlobs } from "./place-blobs.ts";
import { putManifest } from "./put-manifest.ts";
import type { ArtifactTree, ManifestNode } from "./walk-artifact.ts";

/** Brings everything below the root to the target: all blobs, several at once and the largest first, then the child manifests by digest. */
export async function placeTree(tree: ArtifactTree, context: CopyContext): Promise<void> {
  await placeBlobs(await blobsOf(tree.manifests, context), context);
  for (const node of tree.manifests) if (node !== tree.root) await putManifest(node, node.manifest.digest, context);
}

/** Each blob of the manifests once. Foreign layers (with `urls`) only where the source itself serves them: they are never fetched from elsewhere. */
async function blobsOf(nodes: readonly ManifestNode[], context: CopyContext): Promise<Descriptor[]> {
  const { source, signal } = context.journey;
  const blobs = new Map(nodes.flatMap((node) => node.parsed.blobs).map((blob) => [blob.digest, blob]));
  for (const blob of blobs.values()) {
    if ((blob.urls?.length ?? 0) === 0) continue;
    if (!(await tryPatiently("source", signal, () => source.hasBlob(blob.digest, { signal })))) blobs.delete(blob.digest);
  }
  return [...blobs.values()];
}
