import { TransshipError } from "@transship/errors";
import type { BlobUpload } from "@transship/oci";
import type { Blob } from "../blob.ts";
import type { Journey } from "../journey.ts";
import { fillFrom } from "./fill-spool.ts";
import { PrefixHash } from "./prefix-hash.ts";
import type { Spool } from "./spool.ts";
import { uploadSpooled } from "./upload-spooled.ts";

/**
 * Copies a blob by way of the disk: pieces that are written and recorded are never fetched again, whichever side or process dies. The upload runs beside the
 * download and follows it. False where the blob is larger than the spool.
 */
export async function spoolBlob(blob: Blob, journey: Journey, opened: BlobUpload | undefined): Promise<boolean> {
  const borrowed = await journey.spool.borrow(blob, journey.signal);
  if (borrowed === undefined) return false;
  let done = false;
  try {
    if (borrowed.first) journey.tally.count("resumed", borrowed.spool.resumedBytes);
    await bringOver(borrowed.spool, journey, opened);
    done = true;
  } finally {
    await borrowed.release(done);
  }
  return true;
}

/** Uploads what the spool gathers; bytes with a wrong digest are thrown away and everything is done once more, then given up. */
async function bringOver(spool: Spool, journey: Journey, opened: BlobUpload | undefined): Promise<void> {
  const fill = fillFrom(journey.source, journey.tally);
  for (let round = 1; ; round++) {
    const hash = new PrefixHash(spool);
    try {
      return await uploadSpooled({ spool, hash, fill, journey, opened: round === 1 ? opened : undefined });
    } catch (error) {
      if (!(error instanceof TransshipError) || error.code !== "DIGEST_MISMATCH" || round === 2) throw error;
      journey.tally.count("wasted", spool.blob.size);
      await spool.discard();
    }
  }
}
