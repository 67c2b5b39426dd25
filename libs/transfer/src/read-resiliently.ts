import { TransshipError } from "@transship/errors";
import type { ByteRange } from "@transship/oci";
import type { BlobAccount } from "./blob-account.ts";
import { Patience } from "./patience.ts";
import type { BlobSource } from "./sibling/sibling-source.ts";

/**
 * The bytes of a range of a blob, in order, over as many requests as it takes: after a cut the rest is asked for from the byte. A server that ignores ranges sends
 * everything; what is not wanted of it is counted as wasted. Throws what the source failed with once patience ends.
 */
export async function* readResiliently(
  source: BlobSource,
  range: ByteRange,
  account: BlobAccount,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const patience = new Patience("source", signal, (retry) => account.retried(retry));
  let position = range.start;
  while (position < range.end) {
    try {
      for await (const bytes of readOnce(source, { start: position, end: range.end }, account, signal)) {
        position += bytes.byteLength;
        patience.progressed(bytes.byteLength);
        yield bytes;
      }
      if (position < range.end) throw cutShort(account, position);
    } catch (error) {
      await patience.pause(error);
    }
  }
}

/** One request. Yields only bytes of the range, whatever the server sends before and after it. */
async function* readOnce(source: BlobSource, range: ByteRange, account: BlobAccount, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  account.inFlight(1);
  const read = await source.readBlob(account.blob, range, { signal });
  let position = read.start;
  for await (const bytes of read.bytes) {
    const wanted = bytes.subarray(Math.max(range.start - position, 0), Math.max(range.end - position, 0));
    position += bytes.byteLength;
    account.count("copied", bytes.byteLength);
    account.count("wasted", bytes.byteLength - wanted.byteLength);
    if (wanted.byteLength > 0) yield wanted;
    if (position >= range.end) return;
  }
}

function cutShort({ blob }: BlobAccount, position: number): TransshipError {
  return new TransshipError("CONNECTION_FAILED", {
    what: `reading blob ${blob.digest}`,
    why: `the body ended at byte ${position} of ${blob.size}`,
  });
}
