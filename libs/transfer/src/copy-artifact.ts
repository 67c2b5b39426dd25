import { TransshipError } from "@transship/errors";
import type { Digest, Manifest } from "@transship/oci";
import { copyAccessories, copyReferrers, hasAccessories, isFallbackTag } from "./copy-accessories.ts";
import type { CopyContext } from "./copy-context.ts";
import type { CopyRequest, CopyResult } from "./copy-request.ts";
import { moveTag } from "./move-tag.ts";
import { tryPatiently } from "./patience.ts";
import { placeTree } from "./place-tree.ts";
import { putManifest } from "./put-manifest.ts";
import { fetchManifest, walkArtifact } from "./walk-artifact.ts";

/**
 * Brings one artifact over: compare the tags → pin the digest → read the manifests → blobs → child manifests → root by digest → what belongs to it → tag, read
 * back. Nothing is visible at the target before everything under it is there; after an interruption the same call goes on where it stopped.
 */
export async function copyArtifact(request: CopyRequest, context: CopyContext): Promise<Omit<CopyResult, "progress" | "blobs">> {
  const { tally, signal } = context.journey;
  const [digest, present] = await Promise.all([pin(request, signal), digestAtTarget(request, signal)]);
  if (present === digest) return { outcome: "unchanged", digest };
  if (request.tag !== undefined && isFallbackTag(request.tag)) return copyFallbackTag(request.tag, digest, context);
  if (present !== undefined && request.overwrite === "never") return { outcome: "kept", digest };

  const root = await fetchRoot(request, digest, signal);
  const measured = context.journey.paths.measure(request.source.registry, () => request.source.resolve(digest, { signal }));
  const tree = await walkArtifact(request.source, root, signal);
  await measured;
  tally.enter("copying");
  await placeTree(tree, context);
  tally.enter("verifying");
  if (request.tag === undefined || (await hasAccessories(tree, context))) {
    await putManifest(tree.root, digest, context);
    await copyAccessories(tree, context);
  }
  if (request.tag === undefined) return { outcome: "copied", digest };
  return { outcome: await moveTag(tree.root, request.tag, request.overwrite, context), digest };
}

/** The digest to copy: the planned one, else what the reference names now. */
async function pin(request: CopyRequest, signal: AbortSignal): Promise<Digest> {
  if (request.digest !== undefined) return request.digest;
  const found = await tryPatiently("source", signal, () => request.source.resolve(request.reference, { signal }));
  if (found !== undefined) return found.digest;
  throw new TransshipError("MANIFEST_UNKNOWN", {
    what: `reading ${request.source.name}:${request.reference}`,
    why: "the source has no such repository or tag",
    side: "source",
  });
}

async function digestAtTarget(request: CopyRequest, signal: AbortSignal): Promise<Digest | undefined> {
  const { tag } = request;
  if (tag === undefined) return undefined;
  return (await tryPatiently("target", signal, () => request.target.resolve(tag, { signal })))?.digest;
}

async function fetchRoot(request: CopyRequest, digest: Digest, signal: AbortSignal): Promise<Manifest> {
  const root = await fetchManifest(request.source, digest, signal);
  if (root !== undefined) return root;
  throw new TransshipError("SOURCE_MOVED", {
    what: `reading ${request.source.name}@${digest}`,
    why: `the source no longer has this manifest, which ${request.reference} named before`,
    side: "source",
  });
}

/** A fallback tag is a list of referrers: they are brought over, and the target lists them in its own way. */
async function copyFallbackTag(tag: string, digest: Digest, context: CopyContext): Promise<Omit<CopyResult, "progress" | "blobs">> {
  context.journey.tally.enter("copying");
  const { source, signal } = context.journey;
  const subjects = await fetchManifest(source, tag.replace("-", ":"), signal);
  if (subjects !== undefined) await copyReferrers(subjects.digest, context);
  return { outcome: "copied", digest };
}
