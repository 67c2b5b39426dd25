import type { wire } from "@transship/api";
import { parseDigest, type Registry } from "@transship/oci";
import { tryPatiently, walkArtifact } from "@transship/transfer";
import { inPages } from "./in-pages.ts";
import { inParallel } from "./in-parallel.ts";
import type { Found } from "./questions.ts";
import { FactsReader } from "./read-facts.ts";

/** Artifacts in one part of the answer: an index may have hundreds of blobs. */
const PAGE = 20;
/** Artifacts whose manifests are read at once. */
const READS = 8;

/**
 * The blobs of given artifacts, each once, as a copy would bring them: foreign layers are left out. An artifact that is gone by now has none. Or, where that is asked
 * for, when each was created.
 * @throws TransshipError `MANIFEST_INVALID` where one is malformed or nests without end.
 */
export async function* measureArtifacts(registry: Registry, ask: wire.MeasureArtifacts, signal: AbortSignal): AsyncGenerator<Found> {
  const measure = async (artifact: wire.ArtifactDigest, either: AbortSignal): Promise<wire.FoundArtifact> =>
    ask.created === true
      ? { artifact, blobs: [], createdMs: await createdAt(registry, artifact, either) }
      : { artifact, blobs: await blobsOf(registry, artifact, ask.platforms, either) };
  for await (const page of inPages(inParallel(ask.artifacts, READS, signal, measure), PAGE)) {
    yield { $case: "artifacts", value: { artifacts: [...page] } };
  }
}

/** When an image was created, as rules that select by age go by it; undefined where that is not known, or it is gone by now. */
async function createdAt(
  registry: Registry,
  { repository, digest }: wire.ArtifactDigest,
  signal: AbortSignal,
): Promise<number | undefined> {
  const facts = await new FactsReader(registry.repository(repository), { kind: false, time: true }).read(parseDigest(digest), signal);
  return facts?.createdAt;
}

async function blobsOf(
  registry: Registry,
  artifact: wire.ArtifactDigest,
  platforms: readonly string[],
  signal: AbortSignal,
): Promise<wire.BlobSize[]> {
  const repository = registry.repository(artifact.repository);
  const digest = parseDigest(artifact.digest);
  const root = await tryPatiently("source", signal, () => repository.manifest(digest, { signal }));
  if (root === undefined) return [];
  const { manifests } = await walkArtifact(repository, root, signal, platforms.length === 0 ? {} : { platforms });
  const blobs = manifests.flatMap((node) => node.parsed.blobs).filter((blob) => (blob.urls?.length ?? 0) === 0);
  return [...new Map(blobs.map((blob) => [blob.digest, { digest: blob.digest, size: blob.size }])).values()];
}
