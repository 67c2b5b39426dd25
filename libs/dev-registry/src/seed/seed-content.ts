import { digestOf } from "../digest.ts";
import type { Storage } from "../storage/storage.ts";
import { randomBytesOf, syntheticBlob } from "../storage/synthetic-blob.ts";
import type { Descriptor } from "./descriptor.ts";

/** Anything with a storage: a running registry, or a storage by itself. */
export interface Seeded {
  readonly storage: Storage;
}

/** A blob to invent: the same seed and size give the same bytes everywhere. */
export interface BlobSpec {
  /** Bytes. */
  readonly size: number;
  readonly seed: string | number;
  readonly mediaType?: string;
  /** Computes the bytes when they are read instead of keeping them; worth it from some megabytes on. */
  readonly synthetic?: boolean;
}

/** Puts a blob of pseudo-random bytes straight into the storage. */
export async function seedBlob({ storage }: Seeded, repository: string, spec: BlobSpec): Promise<Descriptor> {
  const mediaType = spec.mediaType ?? "application/octet-stream";
  const seed = String(spec.seed);
  if (spec.synthetic === true) {
    const blob = await syntheticBlob(seed, spec.size);
    await storage.addSyntheticBlob(repository, blob);
    return { mediaType, digest: blob.digest, size: spec.size };
  }
  return await seedBytes({ storage }, repository, { bytes: randomBytesOf(seed, spec.size), mediaType });
}

/** Puts given bytes straight into the storage as a blob. */
export async function seedBytes(
  { storage }: Seeded,
  repository: string,
  { bytes, mediaType }: { bytes: Uint8Array; mediaType: string },
): Promise<Descriptor> {
  const digest = digestOf(bytes);
  await storage.addBlob(repository, digest, bytes);
  return { mediaType, digest, size: bytes.length };
}

/** A manifest exactly as given: bytes or text verbatim, an object as compact JSON. Nothing is checked, so it may be nonsense. */
export interface ArtifactSpec {
  readonly repository: string;
  readonly tag?: string;
  readonly mediaType: string;
  readonly manifest: Uint8Array | string | object;
}

/** Puts any manifest straight into the storage, past every check that a push would meet, and tags it. */
export async function seedArtifact({ storage }: Seeded, spec: ArtifactSpec): Promise<Descriptor> {
  const bytes = toBytes(spec.manifest);
  const digest = digestOf(bytes);
  await storage.putManifest(spec.repository, digest, { mediaType: spec.mediaType, bytes });
  if (spec.tag !== undefined) await storage.setTag(spec.repository, spec.tag, digest);
  return { mediaType: spec.mediaType, digest, size: bytes.length };
}

function toBytes(manifest: Uint8Array | string | object): Uint8Array {
  if (manifest instanceof Uint8Array) return manifest;
  return Buffer.from(typeof manifest === "string" ? manifest : JSON.stringify(manifest));
}
