import { TransshipError } from "@transship/errors";
import type { BlobUpload } from "@transship/oci";
import { digestMismatch } from "../blob.ts";
import type { BlobAccount } from "../blob-account.ts";
import type { BlobPlace } from "../journal.ts";
import type { Journey } from "../journey.ts";
import { Patience, withSide } from "../patience.ts";
import type { PrefixHash } from "./prefix-hash.ts";
import type { Filler, Spool } from "./spool.ts";

/** Most bytes that one request of a chunked upload carries: large enough that the request costs nothing beside them. */
const CHUNK_BYTES = 16 * 1024 * 1024;
/** Fewest, unless the blob ends: what came is sent on soon, so that little is left to send once the last byte has come. */
const LEAST_CHUNK_BYTES = 4 * 1024 * 1024;

interface SpooledUpload {
  readonly spool: Spool;
  readonly hash: PrefixHash;
  readonly fill: Filler;
  readonly journey: Journey;
  readonly account: BlobAccount;
  /** An upload that the registry opened already, e.g. in place of a mount. */
  readonly opened: BlobUpload | undefined;
}

/**
 * Uploads a blob from its spool, chunk by chunk as it comes, and commits it once its digest is known to be right. Each chunk that the registry acknowledged is
 * recorded. After a failure the registry is asked where it stands; where it no longer knows the session, the upload begins again from the spool, not from the
 * source. @throws TransshipError `DIGEST_MISMATCH` (source) when the bytes are not what the digest says; nothing is committed then.
 */
export async function uploadSpooled(work: SpooledUpload): Promise<void> {
  const { journey, spool } = work;
  const { target, journal, signal } = journey;
  const place: BlobPlace = { registry: target.registry, repository: target.name, digest: spool.blob.digest };
  const patience = new Patience("target", signal, () => work.account.retried());
  let opened = work.opened;
  let upload = await takeUp(work, place);
  for (;;) {
    try {
      upload ??= opened ?? (await target.startUpload({ signal }));
      opened = undefined;
      await sendChunks(work, upload, place, patience);
      await commit(work, upload);
      break;
    } catch (error) {
      if (isSourceSide(error)) {
        if (error.code === "DIGEST_MISMATCH") await abandon(journey, place, upload);
        throw error;
      }
      await patience.pause(error);
      const recovery = await recover(work, place, upload, error);
      if (recovery.finished) break;
      upload = recovery.upload;
    }
  }
  journal.dropUpload(place);
}

/** The upload that an earlier process left, where the registry still has it. */
async function takeUp(work: SpooledUpload, place: BlobPlace): Promise<BlobUpload | undefined> {
  const { journal, target, signal } = work.journey;
  const checkpoint = journal.upload(place);
  if (checkpoint === undefined) return undefined;
  const upload = await target.resumeUpload({ location: checkpoint.location }, { signal }).catch(() => undefined);
  // A copy that was stopped meanwhile keeps its session for the next one.
  signal.throwIfAborted();
  if (upload !== undefined && upload.offset <= work.spool.blob.size) return upload;
  journal.dropUpload(place);
  return undefined;
}

async function sendChunks(work: SpooledUpload, upload: BlobUpload, place: BlobPlace, patience: Patience): Promise<void> {
  const { spool, hash, fill, journey } = work;
  const chunk = Math.max(CHUNK_BYTES, upload.minChunkBytes);
  while (upload.offset < spool.blob.size) {
    const start = upload.offset;
    const least = Math.min(start + Math.max(LEAST_CHUNK_BYTES, upload.minChunkBytes), spool.blob.size);
    const there = await fromSource(() => spool.waitFor(least, fill, journey.signal));
    const end = Math.min(there, start + chunk);
    await upload.append(hash.read(start, end), end - start, { signal: journey.signal });
    if (upload.offset <= start) throw stuck(upload, start);
    patience.progressed();
    journey.journal.saveUpload(place, { location: upload.session.location, offset: upload.offset });
    work.account.arrived(upload.offset);
  }
}

async function commit(work: SpooledUpload, upload: BlobUpload): Promise<void> {
  const { spool, hash, fill, journey } = work;
  await fromSource(() => spool.waitFor(spool.blob.size, fill, journey.signal));
  const found = await hash.digest();
  if (found !== spool.blob.digest) throw digestMismatch(spool.blob, found);
  await upload.commit(spool.blob.digest, undefined, { signal: journey.signal });
}

/** Where an upload stands after a failure. */
interface Recovery {
  /** The registry has the blob after all: only its answer was lost. */
  readonly finished: boolean;
  /** The upload at the registry's own offset; undefined where it must be begun again. */
  readonly upload: BlobUpload | undefined;
}

async function recover(work: SpooledUpload, place: BlobPlace, upload: BlobUpload | undefined, error: unknown): Promise<Recovery> {
  const { target, journal, signal } = work.journey;
  const restart = error instanceof TransshipError && error.code === "DIGEST_INVALID";
  if (upload !== undefined && !restart) {
    const resumed = await target.resumeUpload(upload.session, { signal }).catch(() => undefined);
    signal.throwIfAborted();
    if (resumed !== undefined && resumed.offset <= work.spool.blob.size) return { finished: false, upload: resumed };
    if (await target.hasBlob(work.spool.blob.digest, { signal }).catch(() => false)) return { finished: true, upload: undefined };
  }
  journal.dropUpload(place);
  return { finished: false, upload: undefined };
}

async function abandon(journey: Journey, place: BlobPlace, upload: BlobUpload | undefined): Promise<void> {
  journey.journal.dropUpload(place);
  await upload?.cancel();
}

/** Marks what the filling of the spool failed with, so that it is not taken for the target's fault. */
async function fromSource<T>(wait: () => Promise<T>): Promise<T> {
  try {
    return await wait();
  } catch (error) {
    throw withSide(error, "source");
  }
}

function isSourceSide(error: unknown): error is TransshipError {
  return error instanceof TransshipError && (error.side === "source" || error.code === "DISK_FULL" || error.code === "DATA_DIR_UNUSABLE");
}

function stuck(upload: BlobUpload, offset: number): TransshipError {
  return new TransshipError("BLOB_UPLOAD_INVALID", {
    what: "uploading a chunk",
    why: `the registry acknowledged the chunk but still stands at byte ${upload.offset}, not past ${offset}`,
    side: "target",
  });
}
