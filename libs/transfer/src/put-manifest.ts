import { setTimeout as sleep } from "node:timers/promises";
import { TransshipError } from "@transship/errors";
import type { ManifestPut } from "@transship/oci";
import type { CopyContext } from "./copy-context.ts";
import { tryPatiently, withSide } from "./patience.ts";
import { placeBlobs } from "./place-blobs.ts";
import type { ManifestNode } from "./walk-artifact.ts";

/** Pauses before blobs that the target lacks are looked at again, in milliseconds: some registries show a new blob late; after the last one the copy gives way. */
const AGAIN_AFTER_MS = [300, 1_000, 3_000];

/**
 * Puts a manifest under a digest or tag. When the target says that it lacks blobs which it had before (its garbage collector ran), just these are sent again.
 * @throws TransshipError `TARGET_GC_RACE` when that does not end.
 */
export async function putManifest(node: ManifestNode, reference: string, context: CopyContext): Promise<ManifestPut> {
  for (let round = 0; ; round++) {
    const answer = await tryPatiently("target", context.journey.signal, () => putOnce(node, reference, context), context.journey.retried);
    if (!(answer instanceof TransshipError)) return answer;
    const pause = AGAIN_AFTER_MS[round];
    if (pause === undefined || node.parsed.blobs.length === 0) throw gcRace(context.journey.target.name, answer);
    await sleep(pause, undefined, { signal: context.journey.signal });
    await sendAgain(node, answer.digests, context);
  }
}

/** What the registry said; its word that it lacks blobs is an answer, not a reason to send the same again. */
async function putOnce(node: ManifestNode, reference: string, context: CopyContext): Promise<ManifestPut | TransshipError> {
  const { target, signal } = context.journey;
  try {
    return await target.putManifest(reference, node.manifest, { signal });
  } catch (error) {
    if (error instanceof TransshipError && error.code === "MANIFEST_BLOB_UNKNOWN") return withSide(error, "target");
    throw error;
  }
}

/** Forgets what was believed of the named blobs (all of the manifest, where none is named) and places them again. */
async function sendAgain(node: ManifestNode, digests: readonly string[], context: CopyContext): Promise<void> {
  const { target, memory, journal, uploads, ledger } = context.journey;
  const named = node.parsed.blobs.filter((blob) => digests.includes(blob.digest));
  const lost = named.length > 0 ? named : node.parsed.blobs;
  for (const blob of lost) {
    const place = { registry: target.registry, repository: target.name, digest: blob.digest };
    memory.forget(place);
    journal.missedBlob(place);
  }
  const posted = ledger
    .reports()
    .filter(({ upload }) => upload === "single-post")
    .map(({ digest }) => digest);
  // A registry may say 201 to a POST whose body it threw away; a garbage collector that was faster looks the same, and costs small blobs one request more.
  if (lost.some(({ digest }) => posted.includes(digest))) uploads.learn(target.registry, { kind: "single-post", taken: false });
  await placeBlobs(lost, context);
}

function gcRace(repository: string, cause: TransshipError): TransshipError {
  return new TransshipError("TARGET_GC_RACE", {
    what: `putting a manifest into ${repository}`,
    why: `the target does not have what it confirmed: ${cause.why}`,
    tried: `sent the blobs again ${AGAIN_AFTER_MS.length} times`,
    side: "target",
    digests: cause.digests,
    cause,
  });
}
