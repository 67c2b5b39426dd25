import { createHash } from "node:crypto";
import { request } from "undici";

/** Repositories and tags of the LAN corpus. */
export const REPOSITORIES = 10;
export const TAGS = ["v1", "v2", "v3"] as const;
const MIB = 1024 * 1024;

/** What was pushed. */
export interface Corpus {
  readonly repositories: readonly string[];
  /** Bytes of all blobs, each counted once. */
  readonly uniqueBytes: number;
  /** Bytes of all blobs, each counted in every repository that has it. */
  readonly storedBytes: number;
}

/**
 * Pushes ten repositories of three tags. All share one base of three layers, each repository has a middle layer that its tags share, each tag a layer of its
 * own: about 300 MB unique, 700 MB as stored.
 */
export async function pushCorpus(registry: string): Promise<Corpus> {
  const base = [30, 12, 2].map((mebibytes, index) => noise(`base-${index}`, mebibytes * MIB));
  const unique = new Map<string, number>();
  let storedBytes = 0;
  const repositories = Array.from({ length: REPOSITORIES }, (_, index) => `bench/app${index}`);
  for (const repository of repositories) {
    const middle = noise(`${repository}-middle`, 14 * MIB);
    const inRepository = new Map<string, number>();
    for (const tag of TAGS) {
      const own = noise(`${repository}-${tag}`, 4 * MIB);
      for (const [digest, size] of await pushImage(registry, repository, tag, [...base, middle, own])) inRepository.set(digest, size);
    }
    for (const [digest, size] of inRepository) {
      unique.set(digest, size);
      storedBytes += size;
    }
  }
  return { repositories, uniqueBytes: sum(unique.values()), storedBytes };
}

/** Pushes one image; returns its blobs with their sizes. */
export async function pushImage(
  registry: string,
  repository: string,
  tag: string,
  layers: readonly Uint8Array[],
): Promise<Map<string, number>> {
  const config = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      config: { Labels: { tag, repository } },
      rootfs: { type: "layers", diff_ids: [] },
    }),
  );
  const pushed = new Map<string, number>();
  for (const blob of [config, ...layers]) pushed.set(await pushBlob(registry, repository, blob), blob.byteLength);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(config), size: config.byteLength },
    layers: layers.map((layer) => ({
      mediaType: "application/vnd.oci.image.layer.v1.tar",
      digest: digestOf(layer),
      size: layer.byteLength,
    })),
  });
  const url = `${registry}/v2/${repository}/manifests/${tag}`;
  await expectStatus(url, 201, {
    method: "PUT",
    body: manifest,
    headers: { "content-type": "application/vnd.oci.image.manifest.v1+json" },
  });
  return pushed;
}

async function pushBlob(registry: string, repository: string, blob: Uint8Array): Promise<string> {
  const digest = digestOf(blob);
  if ((await request(`${registry}/v2/${repository}/blobs/${digest}`, { method: "HEAD" })).statusCode === 200) return digest;
  const opened = await request(`${registry}/v2/${repository}/blobs/uploads/`, { method: "POST" });
  await opened.body.dump();
  const location = new URL(String(opened.headers.location), registry);
  location.searchParams.set("digest", digest);
  await expectStatus(location.href, 201, { method: "PUT", body: blob, headers: { "content-type": "application/octet-stream" } });
  return digest;
}

async function expectStatus(url: string, status: number, options: Parameters<typeof request>[1]): Promise<void> {
  const answer = await request(url, options);
  const text = await answer.body.text();
  if (answer.statusCode !== status) throw new Error(`${url} answered ${answer.statusCode}: ${text.slice(0, 300)}`);
}

const noises = new Map<string, Uint8Array>();

/** Bytes that do not compress, the same for the same seed. */
export function noise(seed: string, bytes: number): Uint8Array {
  const known = noises.get(seed);
  if (known !== undefined) return known;
  const made = createHash("shake256", { outputLength: bytes }).update(seed).digest();
  noises.set(seed, made);
  return made;
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
