import { type Descriptor, MEDIA_TYPES } from "./descriptor.ts";
import { type BlobSpec, type Seeded, seedArtifact, seedBlob, seedBytes } from "./seed-content.ts";

/** Something that refers to a manifest: a signature, an SBOM, an attestation. */
export interface ReferrerSpec {
  readonly repository: string;
  readonly subject: Descriptor;
  readonly artifactType: string;
  readonly layers?: readonly BlobSpec[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly tag?: string;
}

/** Puts a manifest with a `subject` straight into the storage (image-spec, "Guidelines for Artifact Usage"). */
export async function seedReferrer(registry: Seeded, spec: ReferrerSpec): Promise<Descriptor> {
  const { repository, artifactType, annotations, tag } = spec;
  const { mediaType, digest, size } = spec.subject;
  const config = await emptyConfig(registry, repository);
  const layers: Descriptor[] = [];
  for (const layer of spec.layers ?? []) layers.push(await seedBlob(registry, repository, { mediaType: artifactType, ...layer }));
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    artifactType,
    config,
    layers: layers.length === 0 ? [config] : layers,
    subject: { mediaType, digest, size },
    annotations,
  };
  const made = await seedArtifact(registry, {
    repository,
    mediaType: MEDIA_TYPES.manifest,
    manifest,
    ...(tag === undefined ? {} : { tag }),
  });
  return { ...made, artifactType };
}

/** The tag under which clients keep the referrers of a digest where the registry has no API: `sha256-<hex>`. */
export function referrersTag(digest: string): string {
  return digest.replace(":", "-");
}

/** Puts referrers into the storage and lists them under the fallback tag, as clients leave it at registries without the API. */
export async function seedReferrersTag(
  registry: Seeded,
  repository: string,
  referrers: readonly Descriptor[],
  subject: string,
): Promise<Descriptor> {
  return await seedArtifact(registry, {
    repository,
    tag: referrersTag(subject),
    mediaType: MEDIA_TYPES.index,
    manifest: { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: referrers },
  });
}

/** Puts a signature in cosign's classic form beside an image: the tag `sha256-<hex>.sig` (or `.att`, `.sbom`). */
export async function seedCosignTag(
  registry: Seeded,
  repository: string,
  digest: string,
  suffix: "sig" | "att" | "sbom" = "sig",
): Promise<Descriptor & { readonly tag: string }> {
  const payload = JSON.stringify({ critical: { image: { "docker-manifest-digest": digest }, type: suffix } });
  const layer = await seedBytes(registry, repository, { bytes: Buffer.from(payload), mediaType: MEDIA_TYPES.cosignSignature });
  const config = await seedBytes(registry, repository, {
    bytes: Buffer.from(JSON.stringify({ architecture: "", os: "", config: {}, rootfs: { type: "layers", diff_ids: [layer.digest] } })),
    mediaType: MEDIA_TYPES.config,
  });
  const signed = { ...layer, annotations: { "dev.cosignproject.cosign/signature": "bm90IGEgcmVhbCBvbmU=" } };
  const tag = `${referrersTag(digest)}.${suffix}`;
  const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers: [signed] };
  return { ...(await seedArtifact(registry, { repository, tag, mediaType: MEDIA_TYPES.manifest, manifest })), tag };
}

/** Puts a Helm chart straight into the storage. Its bytes are no real archive. */
export async function seedChart(registry: Seeded, spec: { repository: string; version: string; size?: number }): Promise<Descriptor> {
  const { repository, version, size = 2048 } = spec;
  const name = repository.split("/").at(-1) ?? repository;
  const config = await seedBytes(registry, repository, {
    bytes: Buffer.from(JSON.stringify({ name, version, apiVersion: "v2", description: "a chart" })),
    mediaType: MEDIA_TYPES.helmConfig,
  });
  const layer = await seedBlob(registry, repository, { size, seed: `${repository}:${version}`, mediaType: MEDIA_TYPES.helmChart });
  return await seedArtifact(registry, {
    repository,
    tag: version.replaceAll("+", "_"),
    mediaType: MEDIA_TYPES.manifest,
    manifest: { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers: [layer] },
  });
}

async function emptyConfig(registry: Seeded, repository: string): Promise<Descriptor> {
  return await seedBytes(registry, repository, { bytes: Buffer.from("{}"), mediaType: MEDIA_TYPES.empty });
}
