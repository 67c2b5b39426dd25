import { setTimeout as sleep } from "node:timers/promises";
import { TransshipError } from "@transship/errors";
import type { Digest, Repository } from "@transship/oci";
import { findNeeding } from "./find-needing.ts";
import { tryPatiently, withSide } from "./patience.ts";

/** A tag to take away at a target because the source no longer has it. */
export interface DeleteRequest {
  /** Undefined where somebody else has just found the tags gone there. */
  readonly source: Repository | undefined;
  readonly target: Repository;
  /** Tag at the source, which must be gone. */
  readonly reference: string;
  /** Tag at the target. */
  readonly tag: string;
  /** What the tag named when the deletion was planned; nothing else is deleted. */
  readonly digest: Digest;
  /** Other tags of the target's repository that are to be deleted too and come from the same source repository: they need nothing, unless the source has them again. */
  readonly alsoGone: readonly string[];
}

/**
 * How a deletion ended.
 * - `deleted`: the target no longer has the tag, read back. `by`: what the registry was asked to delete.
 * - `absent`: it had not, before.
 * - `returned`: the source has the tag again. `moved`: the target's tag names something else by now. Nothing was deleted.
 * - `shared`: the target deletes manifests only, and `neededBy` needs this one. `undeletable`: the target deletes nothing.
 */
export type DeleteResult =
  | { readonly outcome: "deleted"; readonly by: "tag" | "digest" }
  | { readonly outcome: "absent" | "returned" | "moved" | "undeletable" }
  | { readonly outcome: "shared"; readonly neededBy: string };

/** Pauses between read-backs, in milliseconds: some registries show a deletion a moment late. */
const READ_BACK_AFTER_MS = [0, 250, 1_000, 4_000];

/**
 * Deletes one tag: the source, where it is given, must say 404 for it now, and the target's tag must name what was planned. By tag (OCI distribution-spec 1.1, end-9) where the
 * registry can; else by digest, which takes every tag of the manifest away, and only where no other tag needs it.
 * @throws TransshipError `TARGET_UNCONFIRMED` where the target still shows the digest afterwards, and what either registry refuses with, with its side.
 */
export async function deleteTag(request: DeleteRequest, signal: AbortSignal): Promise<DeleteResult> {
  const { source, target, reference, tag, digest } = request;
  if (source !== undefined && (await tryPatiently("source", signal, () => source.resolve(reference, { signal }))) !== undefined)
    return { outcome: "returned" };
  const present = await tryPatiently("target", signal, () => target.resolve(tag, { signal }));
  if (present === undefined) return { outcome: "absent" };
  if (present.digest !== digest) return { outcome: "moved" };
  if (await supports(target, tag, signal)) return await confirmed(request, "tag", signal);
  const neededBy = await findNeeding(target, digest, new Set([tag, ...(await stillGone(request, signal))]), signal);
  if (neededBy !== undefined) return { outcome: "shared", neededBy };
  if (await supports(target, digest, signal)) return await confirmed(request, "digest", signal);
  return { outcome: "undeletable" };
}

/** Those that go too: what is deleted by digest takes them along, so the source must say 404 for them now as well. */
async function stillGone({ source, alsoGone }: DeleteRequest, signal: AbortSignal): Promise<string[]> {
  if (source === undefined) return [...alsoGone];
  const gone: string[] = [];
  for (const tag of alsoGone) {
    if ((await tryPatiently("source", signal, () => source.resolve(tag, { signal }))) === undefined) gone.push(tag);
  }
  return gone;
}

/** Deletes a tag or manifest; false where the registry does not offer that. */
async function supports(target: Repository, reference: string, signal: AbortSignal): Promise<boolean> {
  const once = async () => {
    try {
      await target.deleteManifest(reference, { signal });
      return true;
    } catch (thrown) {
      const error = withSide(thrown, "target");
      if (error.code === "UNSUPPORTED") return false;
      throw error;
    }
  };
  return await tryPatiently("target", signal, once);
}

async function confirmed({ target, tag, digest }: DeleteRequest, by: "tag" | "digest", signal: AbortSignal): Promise<DeleteResult> {
  for (const pause of READ_BACK_AFTER_MS) {
    await sleep(pause, undefined, { signal });
    const shown = await tryPatiently("target", signal, () => target.resolve(tag, { signal }));
    // Another digest is somebody's push after the deletion.
    if (shown?.digest !== digest) return { outcome: "deleted", by };
  }
  throw new TransshipError("TARGET_UNCONFIRMED", {
    what: `reading back ${target.name}:${tag}`,
    why: `the target accepted the deletion and still shows ${digest}`,
    side: "target",
  });
}
