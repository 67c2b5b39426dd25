import { TransshipError } from "@transship/errors";
import type { ByteRange, Repository } from "@transship/oci";
import type { Blob } from "./blob.ts";
import { Patience } from "./patience.ts";
import type { Tally } from "./tally.ts";

/**
 * The bytes of a range of a blob, in order, over as many requests as it takes: after a cut the rest is asked for from the byte. A server that ignores
 * ranges sends everything again; what was there already is counted as wasted. Throws what the source failed with once patience ends.
 */
export async function* readResiliently(
  source: Repository,
  blob: Blob,
  range: ByteRange,
  tally: Tally,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const patience = new Patience("source", signal);
  let position = range.start;
  while (position < range.end) {
    try {
      for await (const bytes of readOnce(source, blob, { start: position, end: range.end }, tally, signal)) {
        position += bytes.byteLength;
        patience.progressed();
        yield bytes;
      }
      if (position < range.end) throw cutShort(blob, position);
    } catch (error) {
      await patience.pause(error);
    }
  }
}

/** One request. Yields only bytes of the range, whatever the server sends before it; stops at its end. */
async function* readOnce(source: Repository, blob: Blob, range: ByteRange, tally: Tally, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const read = await source.readBlob(blob, range, { signal });
  let before = range.start - read.start;
  let left = range.end - range.start;
  for await (let bytes of read.bytes) {
    if (before > 0) {
      const skipped = Math.min(before, bytes.byteLength);
      before -= skipped;
      tally.count("copied", skipped);
      tally.count("wasted", skipped);
      bytes = bytes.subarray(skipped);
    }
    if (bytes.byteLength > left) throw tooLong(blob);
    left -= bytes.byteLength;
    tally.count("copied", bytes.byteLength);
    if (bytes.byteLength > 0) yield bytes;
  }
}

function cutShort(blob: Blob, position: number): TransshipError {
  return new TransshipError("CONNECTION_FAILED", {
    what: `reading blob ${blob.digest}`,
    why: `the body ended at byte ${position} of ${blob.size}`,
  });
}

function tooLong(blob: Blob): TransshipError {
  return new TransshipError("SIZE_MISMATCH", {
    what: `reading blob ${blob.digest}`,
    why: `the body is longer than the ${blob.size} bytes that the manifest says`,
  });
}
