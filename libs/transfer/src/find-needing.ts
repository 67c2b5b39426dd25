import { type Digest, MEDIA_TYPES, parseManifest, type Repository } from "@transship/oci";
import { tryPatiently } from "./patience.ts";

const INDEXES: readonly string[] = [MEDIA_TYPES.ociIndex, MEDIA_TYPES.dockerList];
/** Tags that are looked at side by side. */
const LOOK_UPS = 8;
/** How deep indexes may nest: beyond, everything counts as needed. */
const MAX_DEPTH = 8;

/**
 * A tag of the repository, not among `except`, that names the manifest or an index which contains it; undefined where there is none. Looks at every tag, so it is
 * for registries that can delete manifests only.
 * @throws TransshipError what the registry fails a page or a look-up with: what is not known is not unneeded.
 */
export async function findNeeding(
  repository: Repository,
  digest: Digest,
  except: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const tags = new Set<string>();
  await tryPatiently("target", signal, async () => {
    for await (const page of repository.tags({ signal })) for (const tag of page) if (!except.has(tag)) tags.add(tag);
  });
  const all = [...tags];
  for (let start = 0; start < all.length; start += LOOK_UPS) {
    const some = all.slice(start, start + LOOK_UPS);
    const needs = await Promise.all(some.map((tag) => tagNeeds(repository, tag, digest, signal)));
    const index = needs.indexOf(true);
    if (index >= 0) return some[index];
  }
  return undefined;
}

async function tagNeeds(repository: Repository, tag: string, digest: Digest, signal: AbortSignal): Promise<boolean> {
  const named = await tryPatiently("target", signal, () => repository.resolve(tag, { signal }));
  if (named === undefined) return false;
  return named.digest === digest || (await contains(repository, named, digest, signal, 0));
}

async function contains(
  repository: Repository,
  index: { readonly digest: Digest; readonly mediaType: string },
  digest: Digest,
  signal: AbortSignal,
  depth: number,
): Promise<boolean> {
  if (!INDEXES.includes(index.mediaType)) return false;
  if (depth > MAX_DEPTH) return true;
  const manifest = await tryPatiently("target", signal, () => repository.manifest(index.digest, { signal }));
  if (manifest === undefined) return false;
  const children = parseManifest(manifest).manifests;
  if (children.some((child) => child.digest === digest)) return true;
  for (const child of children) if (await contains(repository, child, digest, signal, depth + 1)) return true;
  return false;
}
