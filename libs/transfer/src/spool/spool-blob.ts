import { TransshipError } from "@transship/errors";
import type { BlobUpload } from "@transship/oci";
import type { BlobAccount } from "../blob-account.ts";
import type { Journey } from "../journey.ts";
import { fillFromNearest } from "../sibling/read-from-nearest.ts";
import { PrefixHash } from "./prefix-hash.ts";
import type { Spool } from "./spool.ts";
import { uploadSpooled } from "./upload-spooled.ts";

/**
 * Copies a blob by way of the disk: pieces that are written and recorded are never fetched again, whichever side or process dies. The upload runs beside the
 * download and follows it. False where the blob is larger than the spool.
 */
export async function spoolBlob(account: BlobAccount, journey: Journey, opened: BlobUpload | undefined): Promise<boolean> {
  const borrowed = await journey.spool.borrow(account.blob, journey.signal);
  if (borrowed === undefined) return false;
  let done = false;
  try {
    if (borrowed.first) account.count("resumed", borrowed.spool.resumedBytes);
    await bringOver(borrowed.spool, account, journey, opened);
    done = true;
  } catch (error) {
    // The disk may be smaller than the room: what other copies left there is worth less than this one's next try.
    if (error instanceof TransshipError && error.code === "DISK_FULL") journey.spool.dropLeftovers();
    throw error;
  } finally {
    await borrowed.release(done);
  }
  return true;
}

/**
 * Uploads what the spool gathers; bytes with a wrong digest are thrown away and everything is done once more, then given up. Wrong bytes that a sibling had a part in
 * do not count.
 */
async function bringOver(spool: Spool, account: BlobAccount, journey: Journey, opened: BlobUpload | undefined): Promise<void> {
  const fill = fillFromNearest(account, journey);
  let rounds = 2;
  for (let round = 1; ; round++) {
    const hash = new PrefixHash(spool);
    const { generation } = spool;
    try {
      return await uploadSpooled({ spool, hash, fill, journey, account, opened: round === 1 ? opened : undefined });
    } catch (error) {
      if (!(error instanceof TransshipError) || error.code !== "DIGEST_MISMATCH") throw error;
      if (generation === spool.generation) account.count("wasted", spool.blob.size);
      await spool.discard(generation);
      if (round === rounds) throw error;
      if (journey.sibling?.usable === true) rounds += 1;
      journey.sibling?.giveUp(error);
      account.retried();
    }
  }
}
