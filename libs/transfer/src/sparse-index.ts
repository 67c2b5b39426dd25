import { asTransshipError, type ErrorCode } from "@transship/errors";
import type { ArtifactTree } from "./walk-artifact.ts";

/** How registries refuse an index whose children they lack: CNCF distribution and zot MANIFEST_BLOB_UNKNOWN, others MANIFEST_UNKNOWN or, as ECR, a 400 of their own. */
const REFUSALS: readonly ErrorCode[] = ["TARGET_GC_RACE", "MANIFEST_BLOB_UNKNOWN", "MANIFEST_UNKNOWN", "MANIFEST_INVALID"];

/** What is said of a task whose target wants every platform. */
export const WHOLE_INDEX = "all platforms were copied: the target refuses an index of which it does not have everything";

/** Whether a failure is the target's word that it wants what was left out of the tree. */
export function refusesSparse(thrown: unknown, tree: ArtifactTree): boolean {
  if (tree.left.length === 0) return false;
  const { code, side, digests } = asTransshipError(thrown);
  if (side !== "target" || !REFUSALS.includes(code)) return false;
  return digests.length === 0 || digests.some((digest) => (tree.left as readonly string[]).includes(digest));
}
