import { TransshipError } from "@transship/errors";
import type { BlobUpload } from "@transship/oci";
import type { BlobAccount } from "../blob-account.ts";
import type { Journey } from "../journey.ts";
import { Patience, tryPatiently, withSide } from "../patience.ts";
import { Trials } from "./trials.ts";
import { type UploadProfile, wayAtOnce } from "./upload-profile.ts";

/** All bytes of a blob, for one request. */
export interface WholeBody {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** What the bytes broke with, which the request only sees as a body that broke; undefined where they did not. */
  failure(): Error | undefined;
}

/**
 * Sends all bytes of a blob to an upload in one request and ends it. The session is dropped when that fails, since nobody can continue a body that is gone.
 * Throws what the source failed with, or else the target.
 */
export async function sendAtOnce(
  upload: BlobUpload,
  body: WholeBody,
  account: BlobAccount,
  journey: Journey,
  trials: Trials,
): Promise<void> {
  const { blob } = account;
  const { target, uploads, signal } = journey;
  const way = wayAtOnce(uploads.of(target.registry));
  const whole = { bytes: body.bytes, length: blob.size };
  let request: "chunk" | "whole-put" | "close" = way === "monolithic" ? "whole-put" : "chunk";
  try {
    if (way === "monolithic") await upload.commit(blob.digest, whole, { signal });
    else {
      const taken = await upload.append(whole.bytes, whole.length, { signal });
      if (taken < blob.size) throw keptLess(taken, blob.size);
      request = "close";
      await upload.commit(blob.digest, undefined, { signal });
    }
  } catch (error) {
    // A courtesy to the registry, which nothing waits for: it may be the one that hangs.
    upload.cancel().catch(() => undefined);
    signal.throwIfAborted();
    const ofSource = body.failure();
    if (ofSource !== undefined) throw ofSource;
    trials.failed(error, { request, bytes: blob.size, start: 0, chunks: request === "close" ? 1 : 0, resumed: "no" });
    throw withSide(error, "target");
  }
  account.upload = way;
}

/**
 * Runs attempts at an upload until one succeeds or patience ends. One that taught something of the registry is followed by the next at once. `there`: an attempt
 * failed, and the target has the blob all the same; only its answer was lost.
 */
export async function tryWays<T>(
  account: BlobAccount,
  { target, uploads, signal }: Journey,
  attempt: (trials: Trials, profile: UploadProfile) => Promise<T>,
): Promise<T | "there"> {
  const trials = new Trials(uploads, target.registry);
  const patience = new Patience("target", signal, (retry) => account.retried(retry));
  for (;;) {
    try {
      return await attempt(trials, trials.begin());
    } catch (error) {
      signal.throwIfAborted();
      if (isSettledAtSource(error)) throw error;
      if (trials.wiser()) account.retried();
      else {
        await patience.pause(error);
        if (await tryPatiently("target", signal, () => target.hasBlob(account.blob.digest, { signal }))) return "there";
      }
    }
  }
}

/** Whether patience with the source has ended already; wrong bytes are fetched once more, by a new upload. */
function isSettledAtSource(error: unknown): boolean {
  return error instanceof TransshipError && error.side === "source" && error.code !== "DIGEST_MISMATCH";
}

/** A chunk of which the registry acknowledged too little. */
export function keptLess(offset: number, sent: number): TransshipError {
  return new TransshipError("BLOB_UPLOAD_INVALID", {
    what: "uploading a chunk",
    why: `the registry acknowledged the chunk and stands at byte ${offset}, not at ${sent}`,
    side: "target",
  });
}
