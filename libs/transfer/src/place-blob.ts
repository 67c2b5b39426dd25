import type { BlobUpload } from "@transship/oci";
import type { Blob } from "./blob.ts";
import { BlobAccount } from "./blob-account.ts";
import { bringBlob } from "./bring-blob.ts";
import { isStreamed } from "./choose-way.ts";
import type { CopyContext } from "./copy-context.ts";
import type { BlobPlace } from "./journal.ts";
import type { Journey } from "./journey.ts";
import { tryPatiently } from "./patience.ts";
import type { Flights } from "./schedule/flights.ts";
import type { Scheduler } from "./schedule/scheduler.ts";
import { isNearer } from "./sibling/find-sibling.ts";
import { isUnseen } from "./upload/send-small.ts";
import { SMALL_BYTES } from "./upload/upload-profile.ts";

/** Repositories that are tried for a mount before the bytes are copied after all; one for a small blob, whose upload costs no more than a second try. */
const MOUNT_TRIES = 2;

/**
 * Makes sure that the target repository has a blob, by the cheapest way that works. The ladder: it exists there → it is mounted from another repository of the
 * target → another copy of this process is bringing it → it is copied: from a checkpoint where there is one, from the nearest sibling that has it, from the source.
 */
export async function placeBlob(blob: Blob, journey: Journey, means: Pick<CopyContext, "flights" | "scheduler">): Promise<void> {
  const { flights, scheduler } = means;
  const { target, signal } = journey;
  const place: BlobPlace = { registry: target.registry, repository: target.name, digest: blob.digest };
  const key = flightTo(target.registry, blob);
  const account = new BlobAccount(blob, journey.tally, journey.retried);
  let joined = false;
  for (;;) {
    signal.throwIfAborted();
    const landing = flights.landing(key);
    if (landing !== undefined) joined = true;
    const awaited = landing ?? flightToSibling(blob, journey, flights);
    if (awaited === undefined) break;
    await awaited;
  }
  await flights.fly(key, () => journey.ledger.keep(account, signal, () => climb(account, place, journey, { scheduler, joined })));
}

function flightTo(registry: string, { digest }: Blob): string {
  return `${registry} ${digest}`;
}

/**
 * Another copy's way to a sibling from which the blob is had more cheaply afterwards. Larger blobs share a spool instead, which both uploads read while it fills.
 * Whoever waits here has no flight of its own yet, so nobody waits in a circle.
 */
function flightToSibling(blob: Blob, journey: Journey, flights: Flights): Promise<void> | undefined {
  if (!isStreamed(blob, journey)) return undefined;
  for (const { registry } of journey.siblings) {
    const landing = isNearer(registry.origin, journey) ? flights.landing(flightTo(registry.origin, blob)) : undefined;
    if (landing !== undefined) return landing;
  }
  return undefined;
}

interface Climb {
  readonly scheduler: Scheduler;
  /** Another copy was bringing it when this one came. */
  readonly joined: boolean;
}

/** Asking takes a place among small requests, bytes take one by their number; waiting for another's work takes none. */
async function climb(account: BlobAccount, place: BlobPlace, journey: Journey, { scheduler, joined }: Climb): Promise<void> {
  const { blob } = account;
  const { share, signal } = journey;
  // Each rung is noted before it is tried: where it fails, the report names it.
  account.rung = joined ? "joined" : "existing";
  const found = await scheduler.run({ share, bytes: 0 }, signal, () => lookAtTarget(account, place, journey));
  if (found === "existing" || found === "mounted") {
    account.rung = joined ? "joined" : found;
    if (found === "mounted") journey.mounted.add(blob.digest);
    account.count(found, blob.size);
  } else {
    let begun = false;
    const bring = () => {
      begun = true;
      return bringBlob(account, journey, found);
    };
    try {
      await scheduler.run({ share, bytes: blob.size }, signal, bring);
    } finally {
      if (!begun) await found?.cancel();
    }
  }
  account.arrived(blob.size);
  journey.memory.confirm(place);
  journey.journal.sawBlob(place);
}

/** The first rungs: whether the target has the blob or can have it without bytes; else the upload that the registry opened in place of a mount, if it did. */
async function lookAtTarget(
  account: BlobAccount,
  place: BlobPlace,
  journey: Journey,
): Promise<"existing" | "mounted" | BlobUpload | undefined> {
  const { size } = account.blob;
  if (journey.memory.confirmed(place)) return "existing";
  const unseen = isUnseen(place, journey);
  // A small blob that the repository was never seen to have is not worth the question; a larger one only after a mount, which would do as well where it is there.
  if (!unseen && (await exists(place, journey))) return "existing";
  if (account.rung === "existing") account.rung = "mounted";
  const opened = await mount(place, journey, size <= SMALL_BYTES ? 1 : MOUNT_TRIES);
  if (opened === true) return "mounted";
  if (!unseen || size <= SMALL_BYTES || !(await exists(place, journey))) return opened;
  await opened?.cancel();
  return "existing";
}

/** Rung 1: the repository says that it has it. */
async function exists(place: BlobPlace, journey: Journey): Promise<boolean> {
  const { target, signal } = journey;
  return tryPatiently("target", signal, () => target.hasBlob(place.digest as Blob["digest"], { signal }), journey.retried);
}

/** Rung 2: true when mounted; else the upload that the registry opened in its place, if it did. */
async function mount(place: BlobPlace, journey: Journey, tries: number): Promise<true | BlobUpload | undefined> {
  const { source, target, journal, signal } = journey;
  if (journey.mounted.has(place.digest as Blob["digest"])) return undefined;
  const known = journal.repositoriesWith(place.registry, place.digest);
  const candidates = source.registry === target.registry ? [source.name, ...known] : known;
  const mayReadBack = journey.siblings.some(({ registry }) => registry.origin === target.registry);
  let opened: BlobUpload | undefined;
  for (const from of [...new Set(candidates)].filter((name) => name !== target.name).slice(0, tries)) {
    await opened?.cancel();
    const answer = await target.mountBlob(place.digest as Blob["digest"], from, { signal }).catch(() => undefined);
    if (answer === true) return true;
    signal.throwIfAborted();
    opened = answer;
    // Where the target can be read from as a sibling, whether it lacks the blob or only refuses to mount it turns out there.
    if (answer !== undefined && !mayReadBack) journal.missedBlob({ ...place, repository: from });
  }
  return opened;
}
