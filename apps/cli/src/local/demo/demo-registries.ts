import { type DevRegistry, type SeededImage, seedCosignTag, seedImage, startDevRegistry } from "@transship/dev-registry";

const MIB = 1024 ** 2;
/** The layer that is being copied when the agent is killed. */
const BIG_LAYER_BYTES = 64 * MIB;
/** Slow enough that half-way is a moment one can hit, fast enough for a demo. */
const LINK_BYTES_PER_SECOND = 8 * MIB;

/** The registry that is copied from. */
export interface DemoSource {
  readonly registry: DevRegistry;
  readonly tags: readonly { readonly repository: string; readonly tag: string }[];
  readonly bytes: number;
  /** The big layer. */
  readonly big: { readonly digest: string; readonly size: number };
}

/** A registry with three repositories, behind a link of 8 MiB/s for each request. */
export async function startSource(): Promise<DemoSource> {
  const faults = [{ action: { kind: "slow", bytesPerSecond: LINK_BYTES_PER_SECOND }, times: Number.POSITIVE_INFINITY }] as const;
  const registry = await startDevRegistry({ faults });
  const base = { size: 3 * MIB, seed: "base", shared: true };
  const signed = await seedImage(registry, {
    repository: "team0/api",
    tag: "v1",
    layers: [base, { size: MIB, seed: "api" }],
    platforms: ["linux/amd64", "linux/arm64"],
  });
  const images: SeededImage[] = [
    signed,
    await seedImage(registry, { repository: "team0/web", tag: "v1", layers: [base, { size: 2 * MIB, seed: "web" }] }),
    await seedImage(registry, { repository: "team0/web", tag: "v2", layers: [base, { size: 2 * MIB, seed: "web 2" }] }),
    await seedImage(registry, { repository: "team0/model", tag: "v1", layers: [base, { size: BIG_LAYER_BYTES, seed: "model" }] }),
  ];
  const signature = await seedCosignTag(registry, "team0/api", signed.digest);
  const blobs = new Map(images.flatMap((image) => image.blobs).map((blob) => [blob.digest, blob]));
  const big = [...blobs.values()].find((blob) => blob.size === BIG_LAYER_BYTES);
  const tags = images.map(({ repository, tag }) => ({ repository, tag: tag ?? "" }));
  return {
    registry,
    tags: [...tags, { repository: "team0/api", tag: signature.tag }],
    bytes: [...blobs.values()].reduce((sum, blob) => sum + blob.size, 0),
    big: big ?? { digest: "", size: 0 },
  };
}

/** A registry that has another image. */
export async function startTarget(): Promise<DevRegistry> {
  const registry = await startDevRegistry({});
  await seedImage(registry, { repository: "local/tools", tag: "v1", layers: [{ size: 3 * MIB, seed: "tools" }] });
  return registry;
}
