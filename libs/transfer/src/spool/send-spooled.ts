import { TransshipError } from "@transship/errors";
import type { BlobUpload } from "@transship/oci";
import { digestMismatch } from "../blob.ts";
import type { BlobAccount } from "../blob-account.ts";
import type { BlobPlace } from "../journal.ts";
import type { Journey } from "../journey.ts";
import { withSide } from "../patience.ts";
import type { FailedRequest } from "../upload/lesson-of-failure.ts";
import { keptLess } from "../upload/send-at-once.ts";
import type { Trials } from "../upload/trials.ts";
import { chunkBytes, type UploadProfile, wayFromDisk } from "../upload/upload-profile.ts";
import type { PrefixHash } from "./prefix-hash.ts";
import type { Filler, Spool } from "./spool.ts";

/** Fewest bytes of a chunk, unless the blob ends or the registry asks for more: what came is sent on soon, so that little is left once the last byte has come. */
const LEAST_CHUNK_BYTES = 4 * 1024 * 1024;

/** What one blob's upload from its spool is made of. */
export interface SpooledUpload {
  readonly spool: Spool;
  readonly hash: PrefixHash;
  readonly fill: Filler;
  readonly journey: Journey;
  readonly account: BlobAccount;
  /** An upload that the registry opened already, e.g. in place of a mount. */
  readonly opened: BlobUpload | undefined;
}

/** An upload session, and the request in it that was sent last: what its failure means depends on what went before. */
export interface Session extends Omit<FailedRequest, "again"> {
  readonly upload: BlobUpload;
  request: FailedRequest["request"];
  bytes: number;
  start: number;
  chunks: number;
  resumed: FailedRequest["resumed"];
}

/** A session at the registry's offset; `resumed`: that offset comes from the status query. */
export function sessionOf(upload: BlobUpload, resumed: "no" | "unconfirmed", chunks = 0): Session {
  return { upload, resumed, chunks, request: "chunk", bytes: 0, start: upload.offset };
}

/** What the sending of one session needs besides the blob. */
export interface Sending {
  readonly session: Session;
  readonly profile: UploadProfile;
  readonly place: BlobPlace;
  readonly trials: Trials;
  /** Told of each offset that the registry acknowledged. */
  readonly reached: (offset: number) => void;
}

/** Sends what the session lacks and ends it, in the way that the registry's profile asks for. */
export async function sendSpooled(work: SpooledUpload, sending: Sending): Promise<void> {
  const { session, profile } = sending;
  const { spool, journey, account } = work;
  const way = wayFromDisk(profile);
  const { digest, size } = spool.blob;
  if (way === "monolithic") {
    Object.assign(session, { request: "whole-put", bytes: size, start: 0 });
    await session.upload.commit(digest, { bytes: wholeBody(work), length: size }, { signal: journey.signal });
  } else {
    if (way === "chunked") await sendChunks(work, sending);
    else await sendWholeChunk(work, session);
    await checkDigest(work);
    Object.assign(session, { request: "close", bytes: 0, start: size });
    await session.upload.commit(digest, undefined, { signal: journey.signal });
  }
  account.upload = way;
}

/** PATCHes in order as the blob comes. What the registry acknowledged is recorded. */
async function sendChunks(work: SpooledUpload, { session, profile, place, trials, reached }: Sending): Promise<void> {
  const { spool, hash, fill, journey, account } = work;
  const { upload } = session;
  const { size } = spool.blob;
  const most = chunkBytes(profile) ?? size;
  const least = Math.min(most, Math.max(LEAST_CHUNK_BYTES, profile.minChunkBytes));
  while (upload.offset < size) {
    const start = upload.offset;
    const there = await fromSource(() => spool.waitFor(Math.min(start + least, size), fill, journey.signal));
    const end = Math.min(there, start + most);
    Object.assign(session, { request: "chunk", bytes: end - start, start });
    await upload.append(hash.read(start, end), end - start, { signal: journey.signal });
    if (upload.tookChunkForAll || (start > 0 && upload.offset <= start)) trials.learn({ kind: "later-patches-lost" });
    if (upload.offset <= start || (upload.tookChunkForAll && upload.offset < size)) throw keptLess(upload.offset, end);
    session.chunks += 1;
    if (session.resumed === "unconfirmed") session.resumed = "confirmed";
    reached(upload.offset);
    journey.journal.saveUpload(place, { location: upload.session.location, offset: upload.offset });
    account.arrived(upload.offset);
  }
}

/** One PATCH with everything. */
async function sendWholeChunk(work: SpooledUpload, session: Session): Promise<void> {
  const { size } = work.spool.blob;
  Object.assign(session, { request: "chunk", bytes: size, start: 0 });
  const offset = await session.upload.append(wholeBody(work), size, { signal: work.journey.signal });
  session.chunks = 1;
  if (offset < size) throw keptLess(offset, size);
}

/** The blob as it comes. The last piece is held back until the digest of all is known to be right, so that wrong bytes never complete an upload. */
async function* wholeBody(work: SpooledUpload): AsyncGenerator<Uint8Array> {
  const { spool, hash, fill, journey, account } = work;
  let held: Uint8Array | undefined;
  for (let start = 0; start < spool.blob.size; ) {
    const from = start;
    start = await fromSource(() => spool.waitFor(from + 1, fill, journey.signal));
    for await (const bytes of hash.read(from, start)) {
      if (held !== undefined) yield held;
      held = bytes;
    }
    account.arrived(from);
  }
  await checkDigest(work);
  if (held !== undefined) yield held;
}

async function checkDigest({ spool, hash, fill, journey }: SpooledUpload): Promise<void> {
  await fromSource(() => spool.waitFor(spool.blob.size, fill, journey.signal));
  const found = await hash.digest();
  if (found !== spool.blob.digest) throw digestMismatch(spool.blob, found);
}

/** Marks what the filling of the spool failed with, so that it is not taken for the target's fault. */
async function fromSource<T>(wait: () => Promise<T>): Promise<T> {
  try {
    return await wait();
  } catch (error) {
    throw withSide(error, "source");
  }
}

/** Whether an upload failed for what is not the target's fault. */
export function isSourceSide(error: unknown): error is TransshipError {
  return error instanceof TransshipError && (error.side === "source" || error.code === "DISK_FULL" || error.code === "DATA_DIR_UNUSABLE");
}
