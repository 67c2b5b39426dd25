import { TransshipError } from "@transship/errors";
import { type BlobUpload, createDigestHash, digestAlgorithm, hashDigest } from "@transship/oci";
import { digestMismatch } from "../blob.ts";
import type { BlobAccount } from "../blob-account.ts";
import type { BlobPlace } from "../journal.ts";
import type { Journey } from "../journey.ts";
import { withSide } from "../patience.ts";
import { readFromNearest } from "../sibling/read-from-nearest.ts";
import { sendAtOnce, tryWays } from "./send-at-once.ts";
import type { Trials } from "./trials.ts";
import type { UploadProfile } from "./upload-profile.ts";

/**
 * Whether the target's repository was never seen to have a blob, and nobody began this copy before. A small one is then sent without asking first: the question would
 * cost a round trip, as much as the upload itself; what was there all the same is counted as copied.
 */
export function isUnseen(place: BlobPlace, { journal, begunBefore }: Pick<Journey, "journal" | "begunBefore">): boolean {
  return !begunBefore && !journal.repositoriesWith(place.registry, place.digest).includes(place.repository);
}

/**
 * Copies a small blob by way of the memory: fetched and checked as a whole, then sent in at most two requests: one POST with the bytes, or where the registry
 * ignores those, a PUT after it.
 */
export async function sendSmall(account: BlobAccount, journey: Journey, opened: BlobUpload | undefined): Promise<void> {
  account.way = "stream";
  const bytes = await fetchSmall(account, journey);
  let upload = opened;
  await tryWays(account, journey, async (trials, profile) => {
    const current = upload ?? (await post(account, journey, bytes, trials, profile));
    upload = undefined;
    if (current === true) account.upload = "single-post";
    else await sendAtOnce(current, { bytes: once(bytes), failure: () => undefined }, account, journey, trials);
  });
}

/** True where the registry took the bytes; else the upload that it opened in their place. */
async function post(
  { blob }: BlobAccount,
  { target, signal }: Journey,
  bytes: Uint8Array,
  trials: Trials,
  profile: UploadProfile,
): Promise<true | BlobUpload> {
  try {
    if (profile.singlePost === "ignored") return await target.startUpload({ signal });
    const answer = await target.postBlob(blob.digest, bytes, { signal });
    trials.learn({ kind: "single-post", taken: answer === true });
    return answer ?? (await target.startUpload({ signal }));
  } catch (error) {
    throw withSide(error, "target");
  }
}

/** The blob in memory, its digest checked. Wrong bytes are fetched once more. */
async function fetchSmall(account: BlobAccount, journey: Journey): Promise<Uint8Array> {
  for (let round = 1; ; round++) {
    try {
      return await fetchOnce(account, journey);
    } catch (error) {
      if (!(error instanceof TransshipError) || error.code !== "DIGEST_MISMATCH" || round === 2) throw withSide(error, "source");
      account.count("wasted", account.blob.size);
      account.retried();
    }
  }
}

async function fetchOnce(account: BlobAccount, journey: Journey): Promise<Uint8Array> {
  const { blob } = account;
  const hash = createDigestHash(blob.digest);
  const chunks: Uint8Array[] = [];
  for await (const chunk of readFromNearest(account, journey, journey.signal)) {
    hash.update(chunk);
    chunks.push(chunk);
  }
  const found = hashDigest(hash, digestAlgorithm(blob.digest));
  if (found !== blob.digest) {
    const error = digestMismatch(blob, found);
    journey.sibling?.giveUp(error);
    throw error;
  }
  return Buffer.concat(chunks);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}
