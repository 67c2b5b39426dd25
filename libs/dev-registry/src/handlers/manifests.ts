import { digestOf, parseDigest } from "../digest.ts";
import { ABANDONED, type Exchange, type Outcome, type RegistryState } from "../exchange.ts";
import { refuseImmutable } from "../faults/immutable-words.ts";
import { digestHeader, linkTo } from "../links.ts";
import { inspectManifest, type ManifestFacts } from "../manifest-facts.ts";
import { empty, type Reply, refuse } from "../reply.ts";
import { classifyReference, isTag } from "../route.ts";
import { isVisible } from "./blobs.ts";

const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** end-3: the manifest as it was pushed. */
export async function readManifest(state: RegistryState, { route }: Exchange): Promise<Outcome> {
  const { repository, reference } = route;
  if (classifyReference(reference) === "invalid") return refuse("MANIFEST_UNKNOWN", { reference });
  const digest = resolve(state, repository, reference);
  const manifest = digest === undefined ? undefined : await state.storage.readManifest(repository, digest);
  if (digest === undefined || manifest === undefined) return refuse("MANIFEST_UNKNOWN", { reference });
  return {
    status: 200,
    headers: { "content-type": manifest.mediaType, ...digestHeader(state, digest) },
    body: { length: manifest.bytes.length, start: 0, chunks: [manifest.bytes] },
    digest,
  };
}

/** end-7: by tag, by digest, or by digest with `?tag=` for several tags (end-7b). */
export async function putManifest(state: RegistryState, exchange: Exchange): Promise<Outcome> {
  const { repository, reference, query } = exchange.route;
  const by = classifyReference(reference);
  if (by === "invalid") return refuse(reference.includes(":") ? "DIGEST_INVALID" : "TAG_INVALID", { reference });
  const bytes = await exchange.body.read(state.settings.manifestLimit);
  if (bytes === "torn") return ABANDONED;
  if (bytes === "too-large") return refuse("MANIFEST_INVALID", { limit: state.settings.manifestLimit }, { status: 413 });
  const digest = by === "digest" ? reference : digestOf(bytes);
  if (digest !== digestOf(bytes, parseDigest(digest)?.algorithm)) return refuse("DIGEST_INVALID", { digest });
  const facts = inspectManifest(bytes);
  const mediaType = mediaTypeOf(exchange, facts);
  if (!facts.valid || facts.ambiguous || (facts.declaredMediaType ?? mediaType) !== mediaType) {
    return refuse("MANIFEST_INVALID", { mediaType, declared: facts.declaredMediaType ?? null });
  }
  const tags = by === "tag" ? [reference] : query.getAll("tag");
  const refusal = (await checkReferences(state, exchange, facts)) ?? checkTags(state, exchange, tags, digest);
  if (refusal !== undefined) return refusal;
  await state.storage.putManifest(repository, digest, { mediaType, bytes });
  for (const tag of tags) await state.storage.setTag(repository, tag, digest);
  return empty(201, {
    location: linkTo(state, `/v2/${repository}/manifests/${digest}`),
    ...digestHeader(state, digest),
    ...(state.settings.referrers && facts.subject !== undefined ? { "oci-subject": facts.subject } : {}),
    ...(by === "digest" && tags.length > 0 ? { "oci-tag": tags.join(", ") } : {}),
  });
}

/** end-9: a tag alone, or a manifest with all its tags. */
export async function deleteManifest(state: RegistryState, { route }: Exchange): Promise<Outcome> {
  const { repository, reference } = route;
  const by = classifyReference(reference);
  if (state.settings.delete === "off") return refuse("UNSUPPORTED");
  if (by === "invalid" || (by === "tag" && state.settings.delete === "digest-only")) return refuse("DIGEST_INVALID", { reference });
  const removed =
    by === "tag" ? await state.storage.removeTag(repository, reference) : await state.storage.removeManifest(repository, reference);
  return removed ? empty(202) : refuse("MANIFEST_UNKNOWN", { reference });
}

function resolve(state: RegistryState, repository: string, reference: string): string | undefined {
  return reference.includes(":") ? reference : state.storage.catalogue.tagDigest(repository, reference);
}

function mediaTypeOf({ request }: Exchange, facts: ManifestFacts): string {
  // Parameters are ignored, as the spec asks.
  const sent = request.headers["content-type"]?.split(";")[0]?.trim();
  return sent === undefined || sent === "" ? (facts.declaredMediaType ?? OCI_MANIFEST) : sent;
}

async function checkReferences(state: RegistryState, exchange: Exchange, facts: ManifestFacts): Promise<Reply | undefined> {
  const { repository } = exchange.route;
  await collectGarbage(state, exchange, facts);
  if (state.settings.missingReferences === "accept") return undefined;
  const blobs = facts.blobs.filter((digest) => !isVisible(state, repository, digest));
  const children = facts.children.filter((digest) => state.storage.catalogue.manifest(repository, digest) === undefined);
  const missing = [...blobs, ...children];
  return missing.length === 0
    ? undefined
    : refuse(
        "MANIFEST_BLOB_UNKNOWN",
        missing.map((digest) => ({ digest })),
      );
}

// The fault "gc-race": the blobs are really gone, so the client must push them again and not just try again.
async function collectGarbage(state: RegistryState, { route, faults }: Exchange, facts: ManifestFacts): Promise<void> {
  const race = faults.of("gc-race");
  for (const digest of race === undefined ? [] : (race.action.digests ?? facts.blobs)) {
    if (await state.storage.removeBlob(route.repository, digest)) race?.fire();
  }
}

function checkTags(
  state: RegistryState,
  { route: { repository }, faults }: Exchange,
  tags: readonly string[],
  digest: string,
): Reply | undefined {
  const invalid = tags.find((tag) => !isTag(tag));
  if (invalid !== undefined) return refuse("TAG_INVALID", { tag: invalid });
  const taken = tags.find((tag) => (state.storage.catalogue.tagDigest(repository, tag) ?? digest) !== digest);
  if (taken === undefined) return undefined;
  const fault = faults.of("immutable-tags");
  fault?.fire();
  if (fault !== undefined) return refuseImmutable(fault.action.form, taken);
  return state.settings.immutableTags ? refuse("PRECONDITION", { tag: taken }) : undefined;
}
