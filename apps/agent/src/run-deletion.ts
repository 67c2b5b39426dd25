import { asTransshipError } from "@transship/errors";
import { deleteTag } from "@transship/transfer";
import type { Assigned } from "./read-assignment.ts";
import type { Registries } from "./registries.ts";
import { type Attempt, borrow, NO_COST } from "./run-task.ts";

/** Takes one tag at the target away as assigned, where the source does not have it and the target's tag is what was planned. Never rejects. */
export async function runDeletion(assigned: Assigned, registries: Registries, signal: AbortSignal): Promise<Attempt> {
  const { source, target, digest, alsoGone } = assigned;
  try {
    const { sourceAccess } = assigned;
    using from = sourceAccess && borrow("source", () => registries.borrow(sourceAccess));
    using at = borrow("target", () => registries.borrow(assigned.targetAccess));
    const request = {
      source: from?.registry.repository(source.repository),
      target: at.registry.repository(target.repository),
      reference: source.tag,
      tag: target.tag,
      digest,
      alsoGone,
    };
    return { kind: "deleted", result: await deleteTag(request, signal) };
  } catch (thrown) {
    if (signal.aborted) return { kind: "stopped", cost: NO_COST };
    return { kind: "failed", error: asTransshipError(thrown, `deleting ${target.repository}:${target.tag}`), cost: NO_COST };
  }
}
