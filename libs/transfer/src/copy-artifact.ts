import { TransshipError } from "@transship/errors";
import type { Digest, Manifest } from "@transship/oci";
import { approachSource } from "./approach-source.ts";
import { isChosen, platformOfImage } from "./choose-platforms.ts";
import { copyAccessories, copyReferrers, hasAccessories, isFallbackTag } from "./copy-accessories.ts";
import type { CopyContext } from "./copy-context.ts";
import type { CopyRequest, CopyResult } from "./copy-request.ts";
import type { Journey } from "./journey.ts";
import { moveTag, reasonToLeave } from "./move-tag.ts";
import { tryPatiently } from "./patience.ts";
import { placeTree } from "./place-tree.ts";
import { putManifest } from "./put-manifest.ts";
import { refusesSparse, WHOLE_INDEX } from "./sparse-index.ts";
import { type ArtifactTree, fetchManifest, walkArtifact } from "./walk-artifact.ts";

/**
 * Brings one artifact over: compare the tags → pin the digest → read the manifests → blobs → child manifests → root by digest → what belongs to it → tag, read
 * back. Nothing is visible at the target before everything under it is there; after an interruption the same call goes on where it stopped.
 */
export async function copyArtifact(request: CopyRequest, context: CopyContext): Promise<Ending> {
  const { journey } = context;
  const { digest, present, root: fetched } = await lookUp(request, journey);
  if (present === digest && request.refill !== true) return { outcome: "unchanged", digest };
  if (request.tag !== undefined && isFallbackTag(request.tag)) return copyFallbackTag(request.tag, digest, context);
  const leave = reasonToLeave(request, present, digest);
  if (leave !== undefined) return { outcome: leave, digest };

  const root = fetched ?? (await fetchRoot(request, digest, journey));
  const read = { onRetry: journey.retried };
  const tree = await walkArtifact(request.source, root, journey.signal, { ...read, platforms: request.platforms });
  journey.tell({ kind: "read", ...contentsOf(tree) });
  if (await isOfOtherPlatforms(request, tree, journey.signal)) return { outcome: "other-platform", digest };
  try {
    const outcome = await bring(request, tree, context);
    return { outcome, digest, ...(tree.left.length === 0 ? {} : { platforms: request.platforms }) };
  } catch (thrown) {
    if (!refusesSparse(thrown, tree)) throw thrown;
  }
  return {
    outcome: await bring(request, await walkArtifact(request.source, root, journey.signal, read), context),
    digest,
    note: WHOLE_INDEX,
  };
}

type Ending = Omit<CopyResult, "progress" | "blobs">;

/** Everything of the tree to the target, and the tag last. */
async function bring(request: CopyRequest, tree: ArtifactTree, context: CopyContext): Promise<CopyResult["outcome"]> {
  const { tally, paths } = context.journey;
  await paths.known(request.source.registry);
  tally.enter("copying");
  const accessories = lookAhead(request, tree, context);
  await placeTree(tree, context);
  tally.enter("verifying");
  if (request.tag === undefined || (await accessories())) {
    await putManifest(tree.root, tree.root.manifest.digest, context);
    await copyAccessories(tree, context);
  }
  return request.tag === undefined ? "copied" : await moveTag(tree.root, request.tag, request, context);
}

/** Whether nothing of an artifact is of the chosen platforms: an index by its children, an image by its configuration. */
async function isOfOtherPlatforms({ source, platforms }: CopyRequest, tree: ArtifactTree, signal: AbortSignal): Promise<boolean> {
  if (platforms === undefined) return false;
  if (tree.root.parsed.kind === "index") return tree.left.length > 0 && tree.manifests.length === 1;
  return !isChosen(await platformOfImage(source, tree.root, signal), platforms);
}

/** Manifests of an artifact, and its blobs, each once. */
function contentsOf({ manifests }: ArtifactTree): { manifests: number; blobs: number; bytes: number } {
  const blobs = new Map(manifests.flatMap(({ parsed }) => parsed.blobs).map(({ digest, size }) => [digest, size]));
  return { manifests: manifests.length, blobs: blobs.size, bytes: [...blobs.values()].reduce((sum, size) => sum + size, 0) };
}

/** What both sides have. */
interface BothSides {
  /** The digest to copy: the planned one, else what the reference names now. */
  readonly digest: Digest;
  /** What the target's tag names; undefined where it has none. */
  readonly present: Digest | undefined;
  /** The manifest of `digest`, where it was fetched already. */
  readonly root?: Manifest;
}

async function lookUp(request: CopyRequest, journey: Journey): Promise<BothSides> {
  const present = digestAtTarget(request, journey);
  if (request.digest !== undefined) return { digest: request.digest, present: await present };
  const pinned = pin(request, journey);
  pinned.catch(() => undefined);
  if ((await present) !== undefined || isFallbackTag(request.tag ?? "")) return { digest: await pinned, present: await present };
  // A target without the tag needs whatever the source names: fetching that before its digest is known saves a round trip.
  const root = await approachSource(journey, request.reference);
  return root === undefined ? { digest: await pinned, present: undefined } : { digest: root.digest, present: undefined, root };
}

async function pin({ source, reference }: CopyRequest, { paths, signal, retried }: Journey): Promise<Digest> {
  const found = await tryPatiently(
    "source",
    signal,
    () => paths.timed(source.registry, () => source.resolve(reference, { signal })),
    retried,
  );
  if (found !== undefined) return found.digest;
  throw new TransshipError("MANIFEST_UNKNOWN", {
    what: `reading ${source.name}:${reference}`,
    why: "the source has no such repository or tag",
    side: "source",
  });
}

async function digestAtTarget(request: CopyRequest, { signal, retried }: Journey): Promise<Digest | undefined> {
  const { tag } = request;
  if (tag === undefined) return undefined;
  return (await tryPatiently("target", signal, () => request.target.resolve(tag, { signal }), retried))?.digest;
}

async function fetchRoot(request: CopyRequest, digest: Digest, journey: Journey): Promise<Manifest> {
  const root = await approachSource(journey, digest);
  if (root !== undefined) return root;
  throw new TransshipError("SOURCE_MOVED", {
    what: `reading ${request.source.name}@${digest}`,
    why: `the source no longer has this manifest, which ${request.reference} named before`,
    side: "source",
  });
}

/** How long it is believed what belongs to an artifact, in milliseconds: signatures are often pushed moments after it. */
const LOOKED_MS = 30_000;

/** Looks for what belongs to an artifact while its blobs are still on their way; the answer is given, or looked for anew where the blobs took long. */
function lookAhead(request: CopyRequest, tree: ArtifactTree, context: CopyContext): () => Promise<boolean> {
  if (request.tag === undefined) return () => hasAccessories(tree, context);
  const at = performance.now();
  const found = hasAccessories(tree, context).catch(() => undefined);
  return async () => {
    if (performance.now() - at >= LOOKED_MS) context.referrers.clear();
    else if ((await found) !== undefined) return (await found) === true;
    return await hasAccessories(tree, context);
  };
}

/** A fallback tag is a list of referrers: they are brought over, and the target lists them in its own way. */
async function copyFallbackTag(tag: string, digest: Digest, context: CopyContext): Promise<Ending> {
  context.journey.tally.enter("copying");
  const { source, signal } = context.journey;
  const subjects = await fetchManifest(source, tag.replace("-", ":"), signal);
  if (subjects !== undefined) await copyReferrers(subjects.digest, context);
  return { outcome: "copied", digest };
}
