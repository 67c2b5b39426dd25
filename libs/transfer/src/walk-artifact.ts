import { TransshipError } from "@transship/errors";
import { type Descriptor, type Digest, type Manifest, type ParsedManifest, parseManifest, type Repository } from "@transship/oci";
import { chooseChildren } from "./choose-platforms.ts";
import type { Retry } from "./copy-step.ts";
import { tryPatiently } from "./patience.ts";

/** How deep indexes may nest, and how many manifests one artifact may have: a registry cannot make us read without end. */
const MAX_DEPTH = 8;
const MAX_MANIFESTS = 4_000;

/** A manifest of an artifact with what it says. */
export interface ManifestNode {
  readonly manifest: Manifest;
  readonly parsed: ParsedManifest;
}

/** Everything below a root: manifests with children before parents, so that they can be put in this order; the root is last. */
export interface ArtifactTree {
  readonly root: ManifestNode;
  readonly manifests: readonly ManifestNode[];
  /** Children that were left out because of their platforms. */
  readonly left: readonly Digest[];
}

/** How an artifact is read. */
export interface WalkOptions {
  /** Only children of these platforms; absent = all. */
  readonly platforms?: readonly string[] | undefined;
  readonly onRetry?: ((retry: Retry) => void) | undefined;
}

/**
 * Reads the manifests of an artifact, each once. Children that the source itself lacks (a sparse index) are left out, and with `platforms` those of others.
 * @throws TransshipError `MANIFEST_UNKNOWN` where the root is not there, `MANIFEST_INVALID` where a manifest is malformed or the tree has no end; all with side `source`.
 */
export async function walkArtifact(
  source: Repository,
  root: Manifest,
  signal: AbortSignal,
  { platforms, onRetry }: WalkOptions = {},
): Promise<ArtifactTree> {
  const visited = new Set<Digest>();
  const left = new Set<Digest>();
  const manifests: ManifestNode[] = [];
  const visit = async (manifest: Manifest, depth: number): Promise<ManifestNode> => {
    if (depth > MAX_DEPTH) throw endless(root, `indexes nest deeper than ${MAX_DEPTH}`);
    if (visited.size > MAX_MANIFESTS) throw endless(root, `it has more than ${MAX_MANIFESTS} manifests`);
    const node = { manifest, parsed: parse(manifest) };
    const chosen = platforms === undefined ? node.parsed.manifests : chooseChildren(node.parsed.manifests, platforms);
    for (const child of node.parsed.manifests) if (!chosen.includes(child)) left.add(child.digest);
    for (const child of await fetchChildren(source, chosen, visited, signal, onRetry)) await visit(child, depth + 1);
    manifests.push(node);
    return node;
  };
  visited.add(root.digest);
  const rootNode = await visit(root, 0);
  return { root: rootNode, manifests, left: [...left].filter((digest) => !visited.has(digest)) };
}

/** The manifests of an index that were not read yet, side by side. */
async function fetchChildren(
  source: Repository,
  children: readonly Descriptor[],
  visited: Set<Digest>,
  signal: AbortSignal,
  onRetry: ((retry: Retry) => void) | undefined,
): Promise<Manifest[]> {
  const fresh = children.filter((child) => !visited.has(child.digest));
  for (const child of fresh) visited.add(child.digest);
  const found = await Promise.all(fresh.map((child) => fetchManifest(source, child.digest, signal, onRetry)));
  return found.filter((manifest) => manifest !== undefined);
}

/** A manifest of the source, patiently; undefined where it has none. */
export function fetchManifest(
  source: Repository,
  reference: string,
  signal: AbortSignal,
  onRetry?: (retry: Retry) => void,
): Promise<Manifest | undefined> {
  return tryPatiently("source", signal, () => source.manifest(reference, { signal }), onRetry);
}

function parse(manifest: Manifest): ParsedManifest {
  try {
    return parseManifest(manifest);
  } catch (error) {
    throw error instanceof TransshipError ? error.with({ side: "source" }) : error;
  }
}

function endless(root: Manifest, why: string): TransshipError {
  return new TransshipError("MANIFEST_INVALID", { what: `reading index ${root.digest}`, why, side: "source" });
}
