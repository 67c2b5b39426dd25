import { TransshipError } from "@transship/errors";
import type { BlobUpload, Repository } from "@transship/oci";
import { createDigestHash, digestAlgorithm, hashDigest } from "@transship/oci";
import { type Blob, digestMismatch } from "../blob.ts";
import type { BlobAccount } from "../blob-account.ts";
import type { Journey } from "../journey.ts";
import { Patience, tryPatiently, withSide } from "../patience.ts";
import { readResiliently } from "../read-resiliently.ts";

/**
 * Copies a blob by one GET piped into one PUT, hashed on the way: nothing is stored. A cut download goes on from the byte within the same upload;
 * a failed upload begins again. For blobs that are cheap to fetch twice.
 */
export async function streamBlob(account: BlobAccount, journey: Journey, opened: BlobUpload | undefined): Promise<void> {
  const { target, signal } = journey;
  const { blob } = account;
  account.way = "stream";
  let upload = opened;
  let fetched = 0;
  const attempt = async () => {
    account.count("wasted", fetched);
    fetched = 0;
    const current = upload ?? (await startUpload(target, signal));
    upload = undefined;
    const body = verified(account, journey, (length) => {
      fetched += length;
    });
    await commit(current, blob, body, signal);
  };
  const patience = new Patience("target", signal, () => account.retried());
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (isSettledAtSource(error)) throw error;
      await patience.pause(error);
      // Only the answer may have been lost.
      if (await tryPatiently("target", signal, () => target.hasBlob(blob.digest, { signal }))) return;
    }
  }
}

/** Whether patience with the source has ended already; wrong bytes are fetched once more, by a new upload. */
function isSettledAtSource(error: unknown): boolean {
  return error instanceof TransshipError && error.side === "source" && error.code !== "DIGEST_MISMATCH";
}

async function startUpload(target: Repository, signal: AbortSignal): Promise<BlobUpload> {
  try {
    return await target.startUpload({ signal });
  } catch (error) {
    throw withSide(error, "target");
  }
}

/** Ends the upload with the whole body; the session is dropped when that fails, since its bytes cannot be continued. */
async function commit(upload: BlobUpload, blob: Blob, body: VerifiedBody, signal: AbortSignal): Promise<void> {
  try {
    await upload.commit(blob.digest, { bytes: body.bytes, length: blob.size }, { signal });
  } catch (error) {
    // A courtesy to the registry, which nothing waits for: it may be the one that hangs.
    upload.cancel().catch(() => undefined);
    signal.throwIfAborted();
    throw body.failure() ?? withSide(error, "target");
  }
}

interface VerifiedBody {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** What the source failed with, which the upload only sees as a body that broke. */
  failure(): Error | undefined;
}

/** The source's bytes. The last chunk is held back until the digest of all is known to be right, so that wrong bytes never complete an upload. */
function verified(account: BlobAccount, journey: Journey, count: (length: number) => void): VerifiedBody {
  const { source, paths, signal } = journey;
  const { blob } = account;
  let failure: Error | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      const hash = createDigestHash(blob.digest);
      const startedAt = performance.now();
      let held: Uint8Array | undefined;
      for await (const chunk of readResiliently(source, { start: 0, end: blob.size }, account, signal)) {
        count(chunk.byteLength);
        hash.update(chunk);
        if (held !== undefined) yield held;
        held = chunk;
      }
      const found = hashDigest(hash, digestAlgorithm(blob.digest));
      if (found !== blob.digest) throw digestMismatch(blob, found);
      paths.streamed(source.registry, blob.size, performance.now() - startedAt);
      if (held !== undefined) yield held;
    } catch (error) {
      failure = withSide(error, "source");
      throw failure;
    }
  }
  return { bytes: bytes(), failure: () => failure };
}
