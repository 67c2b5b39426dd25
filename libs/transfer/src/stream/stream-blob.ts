import type { BlobUpload, Repository } from "@transship/oci";
import { createDigestHash, digestAlgorithm, hashDigest } from "@transship/oci";
import { digestMismatch } from "../blob.ts";
import type { BlobAccount } from "../blob-account.ts";
import type { Journey } from "../journey.ts";
import { withSide } from "../patience.ts";
import { readFromNearest } from "../sibling/read-from-nearest.ts";
import { sendAtOnce, tryWays, type WholeBody } from "../upload/send-at-once.ts";
import type { Trials } from "../upload/trials.ts";
import { fitsOneRequest, type UploadProfile } from "../upload/upload-profile.ts";

/**
 * Copies a blob by one GET piped into one request, hashed on the way: nothing is stored. A cut download goes on from the byte within the same upload;
 * a failed upload begins again. For blobs that are cheap to fetch twice. False where the target turns out to take only smaller requests: the bytes then have to
 * be on disk.
 */
export async function streamBlob(account: BlobAccount, journey: Journey, opened: BlobUpload | undefined): Promise<boolean> {
  const { target, signal } = journey;
  const { blob } = account;
  account.way = "stream";
  let upload = opened;
  let fetched = 0;
  const attempt = async (trials: Trials, profile: UploadProfile) => {
    account.count("wasted", fetched);
    fetched = 0;
    if (!fitsOneRequest(profile, blob.size)) {
      await upload?.cancel();
      return false;
    }
    const current = upload ?? (await startUpload(target, signal));
    upload = undefined;
    const body = verified(account, journey, (length) => {
      fetched += length;
    });
    await sendAtOnce(current, body, account, journey, trials);
    return true;
  };
  try {
    return (await tryWays(account, journey, attempt)) !== false;
  } catch (error) {
    // Nothing of it was kept.
    account.count("wasted", fetched);
    throw error;
  }
}

async function startUpload(target: Repository, signal: AbortSignal): Promise<BlobUpload> {
  try {
    return await target.startUpload({ signal });
  } catch (error) {
    throw withSide(error, "target");
  }
}

/** The source's bytes. The last chunk is held back until the digest of all is known to be right, so that wrong bytes never complete an upload. */
function verified(account: BlobAccount, journey: Journey, count: (length: number) => void): WholeBody {
  const { source, sibling, paths, signal } = journey;
  const { blob } = account;
  let failure: Error | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      const hash = createDigestHash(blob.digest);
      let held: Uint8Array | undefined;
      // Only what the source takes says something of its path: a slow target would make any path look long.
      let waited = 0;
      const before = performance.eventLoopUtilization();
      let askedAt = performance.now();
      for await (const chunk of readFromNearest(account, journey, signal)) {
        waited += performance.now() - askedAt;
        count(chunk.byteLength);
        hash.update(chunk);
        if (held !== undefined) yield held;
        held = chunk;
        askedAt = performance.now();
      }
      const found = hashDigest(hash, digestAlgorithm(blob.digest));
      if (found !== blob.digest) {
        const error = digestMismatch(blob, found);
        sibling?.giveUp(error);
        throw error;
      }
      const from = sibling?.usable === true ? sibling : source;
      paths.streamed(from.registry, blob.size, waited, performance.eventLoopUtilization(before).idle);
      if (held !== undefined) yield held;
    } catch (error) {
      failure = withSide(error, "source");
      throw failure;
    }
  }
  return { bytes: bytes(), failure: () => failure };
}
