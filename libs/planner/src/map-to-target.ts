import { belowNamespace, isRepositoryName, type RuleSpec, type RuleTarget, targetRepository } from "@transship/model";

/** The name of a source repository at a target, or why it has none. */
export type TargetName = { readonly repository: string } | { readonly refused: "own" | "unnameable"; readonly repository: string };

/**
 * Where a source repository goes. `own`: it lies in a place of the source instance that the rule itself fills, so copying it would copy copies. `unnameable`:
 * the name would not be a repository name, e.g. because it grows over 255 characters; `repository` is then that name.
 */
export function mapToTarget(rule: Pick<RuleSpec, "source" | "targets">, target: RuleTarget, repository: string): TargetName {
  const mapped = targetRepository(rule.source, target, repository);
  if (isOwnCopy(rule, repository)) return { refused: "own", repository: mapped ?? repository };
  if (mapped === undefined || !isRepositoryName(mapped)) return { refused: "unnameable", repository: mapped ?? repository };
  return { repository: mapped };
}

/** Only for targets below what the rule reads: where the rule reads a part of its target's namespace, the user named that part on purpose. */
function isOwnCopy({ source, targets }: Pick<RuleSpec, "source" | "targets">, repository: string): boolean {
  return targets.some(
    (target) =>
      target.instance === source.instance &&
      target.namespace !== undefined &&
      belowNamespace(source.namespace, target.namespace) !== undefined &&
      belowNamespace(target.namespace, repository) !== undefined,
  );
}
