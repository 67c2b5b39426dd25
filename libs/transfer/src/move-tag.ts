import { setTimeout as sleep } from "node:timers/promises";
import { TransshipError } from "@transship/errors";
import type { CopyContext } from "./copy-context.ts";
import type { CopyRequest, CopyResult } from "./copy-request.ts";
import { tryPatiently } from "./patience.ts";
import { putManifest } from "./put-manifest.ts";
import type { ManifestNode } from "./walk-artifact.ts";

/** Pauses between read-backs, in milliseconds: some registries show a new tag a moment late. */
const READ_BACK_AFTER_MS = [0, 250, 1_000, 4_000];

/** What `overwrite` makes of the digest that the target's tag has now: why it is not moved, or undefined where it may be. */
export function reasonToLeave(
  { overwrite, expected }: Pick<CopyRequest, "overwrite" | "expected">,
  present: string | undefined,
  digest: string,
): "kept" | "foreign" | undefined {
  if (present === undefined || present === digest || overwrite === "always") return undefined;
  if (overwrite === "never") return "kept";
  return present === expected ? undefined : "foreign";
}

/**
 * Moves the target's tag, last of all, and reads it back. Under `never` and `ours` the tag is looked at once more right before, since someone else may have pushed
 * it during the copy. @throws TransshipError `TARGET_UNCONFIRMED` when the tag shows another digest afterwards.
 */
export async function moveTag(
  root: ManifestNode,
  tag: string,
  request: Pick<CopyRequest, "overwrite" | "expected" | "refill">,
  context: CopyContext,
): Promise<CopyResult["outcome"]> {
  if (request.overwrite !== "always") {
    const present = await digestAtTarget(tag, context);
    const leave = reasonToLeave(request, present, root.manifest.digest);
    if (leave !== undefined) return leave;
    if (present === root.manifest.digest && request.refill !== true) return "unchanged";
  }
  await putManifest(root, tag, context);
  await readBack(root, tag, context);
  context.journey.tell({ kind: "tag", tag, digest: root.manifest.digest });
  return "copied";
}

async function readBack(root: ManifestNode, tag: string, context: CopyContext): Promise<void> {
  let shown: string | undefined;
  for (const pause of READ_BACK_AFTER_MS) {
    await sleep(pause, undefined, { signal: context.journey.signal });
    shown = await digestAtTarget(tag, context);
    if (shown === root.manifest.digest) return;
  }
  throw new TransshipError("TARGET_UNCONFIRMED", {
    what: `reading back ${context.journey.target.name}:${tag}`,
    why: shown === undefined ? "the target does not show the tag" : `the target shows ${shown} in place of ${root.manifest.digest}`,
    side: "target",
  });
}

async function digestAtTarget(tag: string, context: CopyContext): Promise<string | undefined> {
  const { target, signal, retried } = context.journey;
  return (await tryPatiently("target", signal, () => target.resolve(tag, { signal }), retried))?.digest;
}
