import type { BlobUpload, Repository } from "@transship/oci";
import { createDigestHash, digestAlgorithm, hashDigest } from "@transship/oci";
import { type Blob, digestMismatch } from "../blob.ts";
import type { BlobAccount } from "../blob-account.ts";
import type { Journey } from "../journey.ts";
import { tryPatiently, withSide } from "../patience.ts";
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
  await tryPatiently("target", signal, attempt, () => account.retried());
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
    await upload.cancel();
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
      let held: Uint8Array | undefined;
      // Only what the source takes says something of its path: a slow target would make any path look long.
      let waited = 0;
      let askedAt = performance.now();
      for await (const chunk of readResiliently(source, { start: 0, end: blob.size }, account, signal)) {
        waited += performance.now() - askedAt;
        count(chunk.byteLength);
        hash.update(chunk);
        if (held !== undefined) yield held;
        held = chunk;
        askedAt = performance.now();
      }
      const found = hashDigest(hash, digestAlgorithm(blob.digest));
      if (found !== blob.digest) throw digestMismatch(blob, found);
      paths.streamed(source.registry, blob.size, waited);
      if (held !== undefined) yield held;
    } catch (error) {
      failure = withSide(error, "source");
      throw failure;
    }
  }
  return { bytes: bytes(), failure: () => failure };
}
