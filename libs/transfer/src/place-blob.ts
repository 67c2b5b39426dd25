import { TransshipError } from "@transship/errors";
import type { BlobUpload } from "@transship/oci";
import type { Blob } from "./blob.ts";
import { BlobAccount } from "./blob-account.ts";
import { isStreamed } from "./choose-way.ts";
import type { CopyContext } from "./copy-context.ts";
import type { BlobPlace } from "./journal.ts";
import type { Journey } from "./journey.ts";
import { tryPatiently } from "./patience.ts";
import { spoolBlob } from "./spool/spool-blob.ts";
import { streamBlob } from "./stream/stream-blob.ts";
import { isSentUnasked, sendSmall } from "./upload/send-small.ts";
import { SMALL_BYTES } from "./upload/upload-profile.ts";

/** Repositories that are tried for a mount before the bytes are copied after all; one for a small blob, whose upload costs no more than a second try. */
const MOUNT_TRIES = 2;

/**
 * Makes sure that the target repository has a blob, by the cheapest way that works. The ladder: it exists there → it is mounted from another repository of the
 * target → another copy of this process is bringing it → it is copied, from a checkpoint where there is one.
 */
export async function placeBlob(blob: Blob, journey: Journey, { flights, queue }: Pick<CopyContext, "flights" | "queue">): Promise<void> {
  const { target, signal } = journey;
  const place: BlobPlace = { registry: target.registry, repository: target.name, digest: blob.digest };
  const key = `${place.registry} ${place.digest}`;
  const account = new BlobAccount(blob, journey.tally);
  let joined = false;
  for (;;) {
    signal.throwIfAborted();
    const landing = flights.landing(key);
    if (landing === undefined) break;
    joined = true;
    await landing;
  }
  // Only work takes a place in the queue, the largest first; waiting for another's work does not.
  await flights.fly(key, () => queue.add(() => climb(account, place, journey, joined), { priority: blob.size }));
  journey.reports.push(account.report());
}

async function climb(account: BlobAccount, place: BlobPlace, journey: Journey, joined: boolean): Promise<void> {
  const { blob } = account;
  if (await exists(place, blob.size, journey)) {
    account.rung = joined ? "joined" : "existing";
    account.count("existing", blob.size);
  } else {
    const opened = await mount(place, journey, blob.size <= SMALL_BYTES ? 1 : MOUNT_TRIES);
    if (opened === true) {
      account.rung = joined ? "joined" : "mounted";
      account.count("mounted", blob.size);
    } else await copy(account, journey, opened);
  }
  account.arrived(blob.size);
  journey.memory.confirm(place);
  journey.journal.sawBlob(place);
}

/** Rung 1: the repository has it, by what it said lately or by HEAD. A small blob that it was never seen to have is not worth the question. */
async function exists(place: BlobPlace, size: number, journey: Journey): Promise<boolean> {
  if (journey.memory.confirmed(place)) return true;
  if (isSentUnasked(size, place, journey)) return false;
  return tryPatiently("target", journey.signal, () => journey.target.hasBlob(place.digest as Blob["digest"], { signal: journey.signal }));
}

/** Rung 2: true when mounted; else the upload that the registry opened in its place, if it did. */
async function mount(place: BlobPlace, journey: Journey, tries: number): Promise<true | BlobUpload | undefined> {
  const { source, target, journal, signal } = journey;
  const known = journal.repositoriesWith(place.registry, place.digest);
  const candidates = source.registry === target.registry ? [source.name, ...known] : known;
  let opened: BlobUpload | undefined;
  for (const from of [...new Set(candidates)].filter((name) => name !== target.name).slice(0, tries)) {
    await opened?.cancel();
    const answer = await target.mountBlob(place.digest as Blob["digest"], from, { signal }).catch(() => undefined);
    if (answer === true) return true;
    signal.throwIfAborted();
    opened = answer;
    if (answer !== undefined) journal.missedBlob({ ...place, repository: from });
  }
  return opened;
}

/** The last rungs: resumed from a checkpoint where there is one, else copied; in the way that the path asks for. */
async function copy(account: BlobAccount, journey: Journey, opened: BlobUpload | undefined): Promise<void> {
  const { blob } = account;
  if (journey.fetched.has(blob.digest)) account.count("wasted", blob.size);
  journey.fetched.add(blob.digest);
  if (blob.size <= SMALL_BYTES) return await sendSmall(account, journey, opened);
  const resumable = journey.journal.pieces(blob.digest).length > 0;
  if ((resumable || !isStreamed(blob, journey)) && (await spoolBlob(account, journey, opened))) return;
  if (await streamBlob(account, journey, opened)) return;
  if (!(await spoolBlob(account, journey, undefined))) throw tooLarge(blob);
}

/** The target wants it in pieces, which can be sent again only from disk, and the disk has no room for it. */
function tooLarge(blob: Blob): TransshipError {
  return new TransshipError("UPLOAD_TOO_LARGE", {
    what: `uploading blob ${blob.digest}`,
    why: `the target takes it only in smaller requests, and its ${blob.size} bytes are more than the spool may hold`,
    hint: "Raise --spool-limit on the agent, or the limit on the size of requests at the target (nginx: client_max_body_size).",
    side: "target",
  });
}
