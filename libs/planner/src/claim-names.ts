import { artifactName, type InventoryEntry, type RuleSpec, type RuleTarget } from "@transship/model";
import { mapToTarget } from "./map-to-target.ts";

/** Which source repository has a name at a target, by `instance/repository:tag`. The first one that comes keeps it, so sources must come in the same order each time. */
export type Claims = Map<string, string>;

/**
 * Claims the names that entries get at a target. Returns the entries whose name is taken, by another repository or by another target of the rule, with the repository
 * that has it. `claims` grows with every name: only rules for which `mayCollide` says so need it.
 */
export function claimNames(
  claims: Claims,
  rule: Pick<RuleSpec, "source" | "targets">,
  target: RuleTarget,
  entries: readonly InventoryEntry[],
): Map<InventoryEntry, string> {
  const taken = new Map<InventoryEntry, string>();
  for (const entry of entries) {
    const name = mapToTarget(rule, target, entry.repository);
    if ("refused" in name) continue;
    const key = `${target.instance}/${artifactName({ repository: name.repository, tag: entry.tag })}`;
    const first = claims.get(key);
    if (first === undefined) claims.set(key, entry.repository);
    else taken.set(entry, first);
  }
  return taken;
}
