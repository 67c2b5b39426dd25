import { TransshipError } from "@transship/errors";
import type { BlobUpload, UploadSession } from "@transship/oci";
import type { BlobPlace } from "../journal.ts";
import type { Journey } from "../journey.ts";
import { Patience, tryPatiently } from "../patience.ts";
import { Trials } from "../upload/trials.ts";
import { type UploadProfile, wayFromDisk } from "../upload/upload-profile.ts";
import { isSourceSide, type Session, type SpooledUpload, sendSpooled, sessionOf } from "./send-spooled.ts";

/**
 * Uploads a blob from its spool as it comes, in the way that the target takes blobs, and ends the upload once the digest is known to be right. After a failure the
 * registry is asked where it stands, if its word was good so far; where it no longer knows the session, or has to be served in another way, the upload begins again
 * from the spool, not from the source.
 * @throws TransshipError `DIGEST_MISMATCH` (source) when the bytes are not what the digest says; nothing is committed then.
 */
export async function uploadSpooled(work: SpooledUpload): Promise<void> {
  const { journey, spool } = work;
  const { target, journal, uploads, signal } = journey;
  const place: BlobPlace = { registry: target.registry, repository: target.name, digest: spool.blob.digest };
  const patience = new Patience("target", signal, (retry) => work.account.retried(retry));
  const trials = new Trials(uploads, target.registry);
  // Only what no upload of this blob reached before is progress: one that is lost again and again at its end would never be given up.
  let furthest = 0;
  const reached = (offset: number) => {
    if (offset > furthest) patience.progressed();
    furthest = Math.max(furthest, offset);
  };
  let opened = work.opened;
  let session = await takeUp(work, place, trials.begin());
  for (;;) {
    try {
      session ??= await openSession(journey, opened, trials);
      opened = undefined;
      const profile = trials.begin();
      if (wayFromDisk(profile) !== "chunked" && session.upload.offset > 0) session = await openAnother(journey, session);
      await sendSpooled(work, { session, profile, place, trials, reached });
      break;
    } catch (error) {
      if (isSourceSide(error)) {
        if (error.code === "DIGEST_MISMATCH") await abandon(journey, place, session?.upload);
        throw error;
      }
      signal.throwIfAborted();
      if (session !== undefined) trials.failed(error, session);
      const wiser = trials.wiser();
      if (wiser) work.account.retried();
      else await patience.pause(error);
      const recovery = await recover(work, place, session, error, wiser);
      if (recovery.finished) break;
      session = recovery.session;
    }
  }
  journal.dropUpload(place);
}

async function openSession({ target, signal }: Journey, opened: BlobUpload | undefined, trials: Trials): Promise<Session> {
  const upload = opened ?? (await target.startUpload({ signal }));
  if (upload.minChunkBytes > 0) trials.learn({ kind: "least-chunk", bytes: upload.minChunkBytes });
  return sessionOf(upload, "no");
}

/** Another blob showed meanwhile that chunks are of no use here. */
async function openAnother({ target, signal }: Journey, { upload }: Session): Promise<Session> {
  await upload.cancel();
  return sessionOf(await target.startUpload({ signal }), "no");
}

/** The upload that an earlier process left, where the registry still has it and its word is to be trusted. */
async function takeUp(work: SpooledUpload, place: BlobPlace, profile: UploadProfile): Promise<Session | undefined> {
  const { journal } = work.journey;
  const checkpoint = journal.upload(place);
  if (checkpoint === undefined) return undefined;
  if (mayGoOn(profile)) {
    const upload = await askWhere(work, { location: checkpoint.location });
    if (upload !== undefined && upload.offset <= work.spool.blob.size) return sessionOf(upload, "unconfirmed");
  }
  journal.dropUpload(place);
  return undefined;
}

/** Whether an upload can go on from the offset that the registry tells. */
function mayGoOn(profile: UploadProfile): boolean {
  return profile.statusTrusted && wayFromDisk(profile) === "chunked";
}

/** Where an upload stands after a failure. */
interface Recovery {
  /** The registry has the blob after all: only its answer was lost. */
  readonly finished: boolean;
  /** The upload at the registry's own offset; undefined where it must be begun again. */
  readonly session: Session | undefined;
}

async function recover(
  work: SpooledUpload,
  place: BlobPlace,
  session: Session | undefined,
  error: unknown,
  wiser: boolean,
): Promise<Recovery> {
  const { target, journal, uploads, signal } = work.journey;
  const { blob } = work.spool;
  const otherBytes = error instanceof TransshipError && error.code === "DIGEST_INVALID";
  if (session !== undefined && !otherBytes) {
    if (session.request !== "whole-put" && mayGoOn(uploads.of(target.registry))) {
      // The chunk never reached the registry, or was thrown away whole.
      if (wiser && error instanceof TransshipError && error.code === "UPLOAD_TOO_LARGE") return { finished: false, session };
      const resumed = await askWhere(work, session.upload.session);
      if (resumed !== undefined && resumed.offset <= blob.size) return { finished: false, session: goneOn(session, resumed) };
    }
    if (!wiser && (await tryPatiently("target", signal, () => target.hasBlob(blob.digest, { signal }))))
      return { finished: true, session: undefined };
  }
  if (wiser || otherBytes) await session?.upload.cancel();
  journal.dropUpload(place);
  return { finished: false, session: undefined };
}

/** The session at the registry's offset. Where all chunks were acknowledged and it still has them all, its word added nothing. */
function goneOn(session: Session, upload: BlobUpload): Session {
  const nothingNew = session.request === "close" && upload.offset === session.start;
  return { ...sessionOf(upload, "unconfirmed", session.chunks), ...(nothingNew && { resumed: session.resumed }) };
}

/**
 * An upload at the registry's own offset; undefined where the registry has forgotten it or cannot say. Patient, since sending everything again costs far more than
 * a registry that fails for a moment. A copy that is stopped meanwhile, or told to come back later, keeps its session for the next one.
 */
async function askWhere({ journey: { target, signal }, account }: SpooledUpload, session: UploadSession): Promise<BlobUpload | undefined> {
  try {
    const ask = () => target.resumeUpload(session, { signal });
    return await tryPatiently("target", signal, ask, (retry) => account.retried(retry));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TransshipError && error.code === "TOOMANYREQUESTS") throw error;
    return undefined;
  }
}

async function abandon(journey: Journey, place: BlobPlace, upload: BlobUpload | undefined): Promise<void> {
  journey.journal.dropUpload(place);
  await upload?.cancel();
}
