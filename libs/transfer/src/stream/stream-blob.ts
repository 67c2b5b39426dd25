import type { BlobUpload, Repository } from "@transship/oci";
import { createDigestHash, digestAlgorithm, hashDigest } from "@transship/oci";
import { type Blob, digestMismatch } from "../blob.ts";
import type { Journey } from "../journey.ts";
import { tryPatiently, withSide } from "../patience.ts";
import { readResiliently } from "../read-resiliently.ts";

/**
 * Copies a blob by one GET piped into one PUT, hashed on the way: nothing is stored. A cut download goes on from the byte within the same upload;
 * a failed upload begins again. For blobs that are cheap to fetch twice.
 */
export async function streamBlob(blob: Blob, journey: Journey, opened: BlobUpload | undefined): Promise<void> {
  const { target, tally, signal } = journey;
  let upload = opened;
  let fetched = 0;
  await tryPatiently("target", signal, async () => {
    tally.count("wasted", fetched);
    fetched = 0;
    upload ??= await startUpload(target, signal);
    const current = upload;
    upload = undefined;
    const bytes = verified(blob, journey, (length) => {
      fetched += length;
    });
    await commit(current, blob, bytes, signal);
  });
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
function verified(blob: Blob, journey: Journey, count: (length: number) => void): VerifiedBody {
  const { source, tally, signal } = journey;
  let failure: Error | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      const hash = createDigestHash(blob.digest);
      let held: Uint8Array | undefined;
      for await (const chunk of readResiliently(source, blob, { start: 0, end: blob.size }, tally, signal)) {
        count(chunk.byteLength);
        hash.update(chunk);
        if (held !== undefined) yield held;
        held = chunk;
      }
      const found = hashDigest(hash, digestAlgorithm(blob.digest));
      if (found !== blob.digest) throw digestMismatch(blob, found);
      if (held !== undefined) yield held;
    } catch (error) {
      failure = withSide(error, "source");
      throw failure;
    }
  }
  return { bytes: bytes(), failure: () => failure };
}
