import type { BlobAccount } from "../blob-account.ts";
import { Patience } from "../patience.ts";
import type { BlobSource } from "../sibling/sibling-source.ts";
import type { Interruption } from "./interruption.ts";
import type { Lanes } from "./lanes.ts";
import type { Segment } from "./segment.ts";

/** The server sends whole blobs whatever range it is asked for. */
export class RangesIgnored extends Error {
  constructor() {
    super("the server ignores ranges");
    this.name = "RangesIgnored";
  }
}

/**
 * The bytes of a segment, in order, over as many requests as it takes; ends where the segment ends by then, though it was asked for beyond. After a cut or an
 * interruption the rest is asked for from the byte. @throws RangesIgnored where the server answers with everything.
 */
export async function* readSegment(
  source: BlobSource,
  segment: Segment,
  { interruption, lanes }: { readonly interruption: Interruption; readonly lanes: Pick<Lanes, "answered"> },
  account: BlobAccount,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { blob } = account;
  const patience = new Patience("source", signal, (retry) => account.retried(retry));
  while (segment.position < segment.end) {
    const asked = segment.end;
    try {
      const startedAt = performance.now();
      const read = await source.readBlob(blob, { start: segment.position, end: asked }, { signal: interruption.arm(signal) });
      lanes.answered(performance.now() - startedAt);
      if (read.start !== segment.position || read.end !== asked) throw await refuse(read.bytes);
      for await (const bytes of read.bytes) {
        const wanted = bytes.subarray(0, segment.end - segment.position);
        account.count("copied", bytes.byteLength);
        if (wanted.byteLength < bytes.byteLength) account.count("wasted", bytes.byteLength - wanted.byteLength);
        segment.position += wanted.byteLength;
        patience.progressed(wanted.byteLength);
        if (wanted.byteLength > 0) yield wanted;
        if (segment.position >= segment.end) break;
      }
    } catch (error) {
      if (error instanceof RangesIgnored) throw error;
      if (interruption.fired && !signal.aborted) {
        account.retried();
        continue;
      }
      await patience.pause(error);
    }
  }
}

/** Ends an answer that is not the range that was asked for. */
async function refuse(bytes: AsyncIterable<Uint8Array>): Promise<RangesIgnored> {
  await bytes[Symbol.asyncIterator]().return?.();
  return new RangesIgnored();
}
