import { type Descriptor, MEDIA_TYPES, platformOf } from "./descriptor.ts";
import { type BlobSpec, type Seeded, seedArtifact, seedBlob, seedBytes } from "./seed-content.ts";

/** An image to invent. */
export interface ImageSpec {
  readonly repository: string;
  /** Absent: the image is there by digest only. */
  readonly tag?: string;
  /** In order; with `platforms` every platform gets layers of its own unless `shared`. */
  readonly layers: readonly (BlobSpec & { readonly shared?: boolean })[];
  /** `linux/amd64`, …: makes an index with one image each. Absent: a single image for linux/amd64. */
  readonly platforms?: readonly string[];
  /** Docker's schema 2 types instead of OCI's. */
  readonly docker?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
  /** When the image says that it was made, RFC 3339; absent: it does not say. */
  readonly created?: string;
  /** Changes the digest and nothing else, e.g. for a tag that moves. */
  readonly revision?: string | number;
}

/** What was made, by digest. */
export interface SeededImage {
  readonly repository: string;
  readonly tag: string | undefined;
  /** Of the index, or of the single image. */
  readonly digest: string;
  readonly descriptor: Descriptor;
  /** One per platform; the image itself when there is no index. */
  readonly images: readonly Descriptor[];
  /** Every blob, configs included, each once. */
  readonly blobs: readonly Descriptor[];
  /** Bytes of all of them. */
  readonly size: number;
}

/** Puts an image or an index straight into the storage. The same spec gives the same digests in every registry. */
export async function seedImage(registry: Seeded, spec: ImageSpec): Promise<SeededImage> {
  const { repository, tag, platforms, annotations } = spec;
  const types = spec.docker === true ? DOCKER : OCI;
  const images: Descriptor[] = [];
  const blobs = new Map<string, Descriptor>();
  for (const platform of platforms ?? ["linux/amd64"]) {
    const made = await seedPlatform(registry, spec, platform);
    for (const blob of made.blobs) blobs.set(blob.digest, blob);
    images.push({ ...made.image, platform: platformOf(platform) });
  }
  const single = platforms === undefined ? images[0] : undefined;
  const descriptor =
    single ??
    (await seedArtifact(registry, {
      repository,
      mediaType: types.index,
      manifest: { schemaVersion: 2, mediaType: types.index, manifests: images, annotations },
    }));
  if (tag !== undefined) await registry.storage.setTag(repository, tag, descriptor.digest);
  const all = [...blobs.values()];
  const size = all.reduce((sum, blob) => sum + blob.size, 0);
  return { repository, tag, digest: descriptor.digest, descriptor, images, blobs: all, size };
}

const OCI = { manifest: MEDIA_TYPES.manifest, index: MEDIA_TYPES.index, config: MEDIA_TYPES.config, layer: MEDIA_TYPES.layer } as const;
const DOCKER = {
  manifest: MEDIA_TYPES.dockerManifest,
  index: MEDIA_TYPES.dockerList,
  config: MEDIA_TYPES.dockerConfig,
  layer: MEDIA_TYPES.dockerLayer,
} as const;

async function seedPlatform(
  registry: Seeded,
  { repository, layers, platforms, docker, annotations, created, revision }: ImageSpec,
  platform: string,
): Promise<{ image: Descriptor; blobs: readonly Descriptor[] }> {
  const types = docker === true ? DOCKER : OCI;
  const own: Descriptor[] = [];
  for (const { shared, ...layer } of layers) {
    const seed = shared === true || platforms === undefined ? layer.seed : `${layer.seed} ${platform}`;
    own.push(await seedBlob(registry, repository, { mediaType: types.layer, ...layer, seed }));
  }
  const config = await seedBytes(registry, repository, {
    mediaType: types.config,
    bytes: Buffer.from(
      JSON.stringify({
        ...platformOf(platform),
        ...(created === undefined ? {} : { created }),
        config: { Env: ["PATH=/usr/bin"], ...(revision === undefined ? {} : { Labels: { revision: String(revision) } }) },
        rootfs: { type: "layers", diff_ids: own.map((layer) => layer.digest) },
      }),
    ),
  });
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config,
    layers: own,
    ...(platforms === undefined ? { annotations } : {}),
  };
  const image = await seedArtifact(registry, { repository, mediaType: types.manifest, manifest });
  return { image, blobs: [config, ...own] };
}
