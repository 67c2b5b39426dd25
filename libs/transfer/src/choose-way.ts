import type { Blob } from "./blob.ts";
import type { Journey } from "./journey.ts";
import { fitsOneRequest } from "./upload/upload-profile.ts";

const MIB = 1024 * 1024;
/** On a short path blobs up to this size are streamed: fetching one twice costs no more than what a crash may cost a larger one. */
const SHORT_BYTES = 8 * MIB;
/** Larger blobs are streamed as well where the path brings them in so many seconds, up to a bound: they are there before anything could break. */
const SHORT_SECONDS = 0.15;
const SHORT_BYTES_AT_MOST = 64 * MIB;
/** At the same site blobs up to this size are streamed before any rate is known: the disk would cost more than fetching one again can. */
const NEAR_BYTES = 16 * MIB;
/** On a long path even small blobs gain by ranges: a new connection takes many round trips to get up to speed. */
const LONG_BYTES = 1 * MIB;

/**
 * Whether a blob is piped from GET to PUT rather than spooled, by what the path that it comes by has shown, and the target of the size of its requests; nothing is
 * configured.
 */
export function isStreamed(
  blob: Blob,
  { source, sibling, target, paths, uploads }: Pick<Journey, "source" | "sibling" | "target" | "paths" | "uploads">,
): boolean {
  if (!fitsOneRequest(uploads.of(target.registry), blob.size)) return false;
  const { registry } = sibling ?? source;
  if (!paths.isShort(registry)) return blob.size <= LONG_BYTES;
  if (paths.isNear(registry) && blob.size <= NEAR_BYTES) return true;
  const atOnce = Math.min((paths.streamRate(registry) ?? 0) * SHORT_SECONDS, SHORT_BYTES_AT_MOST);
  return blob.size <= Math.max(SHORT_BYTES, atOnce);
}
