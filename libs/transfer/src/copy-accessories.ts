import type { Descriptor, Digest, Repository } from "@transship/oci";
import type { CopyContext } from "./copy-context.ts";
import { addToFallbackTag } from "./fallback-tag.ts";
import { tryPatiently } from "./patience.ts";
import { placeTree } from "./place-tree.ts";
import { putManifest } from "./put-manifest.ts";
import { type ArtifactTree, fetchManifest, walkArtifact } from "./walk-artifact.ts";

/** How far referrers of referrers are followed, e.g. the signature of an SBOM of an image. */
const MAX_DEPTH = 4;

/**
 * Brings what belongs to the manifests of a tree: their referrers (signatures, SBOMs, attestations: OCI distribution-spec 1.1, "Listing Referrers"), and the
 * tags that cosign derives from their digests. Recursive, each once. The manifests themselves must be at the target already: some registries refuse a referrer
 * without its subject.
 */
export async function copyAccessories(tree: ArtifactTree, context: CopyContext, visited = new Set<Digest>(), depth = 0): Promise<void> {
  for (const { manifest } of tree.manifests) {
    if (visited.has(manifest.digest)) continue;
    visited.add(manifest.digest);
    await copyReferrers(manifest.digest, context, visited, depth);
    await copyDigestTags(manifest.digest, context);
  }
}

/** Brings all manifests whose subject is `subject`, and theirs. */
export async function copyReferrers(subject: Digest, context: CopyContext, visited = new Set<Digest>(), depth = 0): Promise<void> {
  if (depth > MAX_DEPTH) return;
  const referrers = await listReferrers(subject, context);
  const unindexed: Descriptor[] = [];
  for (const referrer of referrers) {
    const tree = await placeReferrer(referrer, context);
    if (tree === undefined) continue;
    const put = await putManifest(tree.root, referrer.digest, context);
    if (!put.subjectIndexed) unindexed.push(referrer);
    await copyAccessories(tree, context, visited, depth + 1);
  }
  if (unindexed.length > 0) await addToFallbackTag(subject, unindexed, context);
}

/** Whether a manifest of the artifact has anything that belongs to it, as far as that can be told without reading it. */
export async function hasAccessories(tree: ArtifactTree, context: CopyContext): Promise<boolean> {
  for (const { manifest } of tree.manifests) {
    const tags = await digestTagsOf(manifest.digest, context);
    if (tags.length > 0 || (await listReferrers(manifest.digest, context)).length > 0) return true;
  }
  return false;
}

/** Referrers of a digest; a source without the API is asked only where it has the fallback tag. */
async function listReferrers(subject: Digest, context: CopyContext): Promise<readonly Descriptor[]> {
  const { source, signal } = context.journey;
  const known = context.referrers.get(subject);
  if (known !== undefined) return known;
  if (await context.referrersApis.isMissing(source.registry, signal)) {
    const tags = await digestTagsOf(subject, context);
    if (!tags.some((tag) => isFallbackTag(tag))) return [];
  }
  const ask = () => tryPatiently("source", signal, () => source.referrers(subject, { signal }));
  const referrers = await context.referrersApis.ask(source.registry, ask);
  context.referrers.set(subject, referrers.descriptors);
  return referrers.descriptors;
}

/** The referrer's blobs and children at the target; undefined where the source lists it but no longer has it. */
async function placeReferrer(referrer: Descriptor, context: CopyContext): Promise<ArtifactTree | undefined> {
  const { source, signal } = context.journey;
  const manifest = await fetchManifest(source, referrer.digest, signal);
  if (manifest === undefined) return undefined;
  const tree = await walkArtifact(source, manifest, signal);
  await placeTree(tree, context);
  return tree;
}

/** cosign's tags `sha256-<hex>.sig|.att|.sbom`: mutable, so compared by digest each time. */
async function copyDigestTags(subject: Digest, context: CopyContext): Promise<void> {
  const { source, target, signal } = context.journey;
  for (const tag of await digestTagsOf(subject, context)) {
    if (isFallbackTag(tag)) continue;
    const manifest = await fetchManifest(source, tag, signal);
    if (manifest === undefined || (await digestAt(target, tag, signal)) === manifest.digest) continue;
    const tree = await walkArtifact(source, manifest, signal);
    await placeTree(tree, context);
    await putManifest(tree.root, tag, context);
  }
}

function digestTagsOf(subject: Digest, context: CopyContext): Promise<readonly string[]> {
  return context.digestTags.of(context.journey.source, subject, context.journey.signal);
}

async function digestAt(target: Repository, tag: string, signal: AbortSignal): Promise<Digest | undefined> {
  return (await tryPatiently("target", signal, () => target.resolve(tag, { signal })))?.digest;
}

/** `sha256-<hex>` without a suffix: the list of referrers, which is rebuilt at the target, not copied. */
export function isFallbackTag(tag: string): boolean {
  return /^sha(?:256|512)-[0-9a-f]{64}$/.test(tag);
}
