import { type Descriptor, type Digest, digestOf, type Manifest, parseManifest, referrersTag } from "@transship/oci";
import type { CopyContext } from "./copy-context.ts";
import { tryPatiently } from "./patience.ts";
import { fetchManifest } from "./walk-artifact.ts";

const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";

/**
 * Lists referrers under the subject's fallback tag at a target that does not keep them itself (OCI distribution-spec 1.1, "Pushing Manifests with Subject"). The
 * source's own list is put as it is where nothing would be lost by it, so that both sides stay equal; otherwise missing entries are appended to the target's.
 * Serialised per subject within this process: registries offer no lock.
 */
export async function addToFallbackTag(subject: Digest, referrers: readonly Descriptor[], context: CopyContext): Promise<void> {
  const { target } = context.journey;
  const key = `${target.registry} ${target.name} ${subject}`;
  for (let landing = context.fallbackTags.landing(key); landing !== undefined; landing = context.fallbackTags.landing(key)) await landing;
  await context.fallbackTags.fly(key, () => merge(referrersTag(subject), referrers, context));
}

async function merge(tag: string, referrers: readonly Descriptor[], context: CopyContext): Promise<void> {
  const { source, target, signal } = context.journey;
  const theirs = await tryPatiently("target", signal, () => target.manifest(tag, { signal }));
  const listed = theirs === undefined ? [] : parseManifest(theirs).manifests;
  const missing = referrers.filter((referrer) => !listed.some((entry) => entry.digest === referrer.digest));
  if (missing.length === 0) return;
  const ours = await fetchManifest(source, tag, signal);
  const index = ours !== undefined && coversAll(ours, [...listed, ...missing]) ? ours : indexOf([...listed, ...missing]);
  await tryPatiently("target", signal, () => target.putManifest(tag, index, { signal }));
}

function coversAll(index: Manifest, descriptors: readonly Descriptor[]): boolean {
  const digests = new Set(parseManifest(index).manifests.map((entry) => entry.digest));
  return descriptors.every((descriptor) => digests.has(descriptor.digest));
}

function indexOf(manifests: readonly Descriptor[]): Manifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests }));
  return { digest: digestOf(bytes), mediaType: INDEX_TYPE, bytes, size: bytes.byteLength };
}
