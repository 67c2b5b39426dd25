import type { RuleSpec, RuleTarget } from "@transship/model";
import { mapToTarget } from "../map-to-target.ts";

/**
 * The one source repository that a target's repository can come from, where its name tells; undefined where it cannot, or where several could (levels were dropped, or
 * the template leaves the name out). Pure.
 */
export function sourceRepository(rule: Pick<RuleSpec, "source" | "targets">, target: RuleTarget, repository: string): string | undefined {
  if ((target.flatten ?? 0) !== 0) return undefined;
  const { namespace } = rule.source;
  // What the mapping makes of a name that occurs nowhere else shows what stands around it.
  const probe = "transship0probe";
  const mapped = mapToTarget(
    { source: rule.source, targets: [] },
    target,
    namespace === undefined ? probe : `${namespace}/${probe}`,
  ).repository;
  const [before = "", after = "", ...rest] = mapped.split(probe);
  if (rest.length > 0 || !mapped.includes(probe)) return undefined;
  if (!repository.startsWith(before) || !repository.endsWith(after) || repository.length <= before.length + after.length) return undefined;
  const below = repository.slice(before.length, repository.length - after.length);
  const source = namespace === undefined ? below : `${namespace}/${below}`;
  const back = mapToTarget(rule, target, source);
  return !("refused" in back) && back.repository === repository ? source : undefined;
}
