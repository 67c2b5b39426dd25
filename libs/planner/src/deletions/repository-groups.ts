import { belowNamespace, compilePattern, type RuleSpec, type RuleTarget } from "@transship/model";
import { mapToTarget } from "../map-to-target.ts";

/** A repository of the target with the source repositories that the rule maps to it: one, or several where it flattens names. */
export interface RepositoryGroup {
  readonly target: string;
  readonly sources: readonly string[];
}

/**
 * Where deletions may be looked for: the repositories that the source listed, and those that the rule brought something from earlier, which the source may have no
 * more. Each must still be the rule's, and lead to the place that it led to then.
 */
export function groupRepositories(
  rule: RuleSpec,
  target: RuleTarget,
  listed: Iterable<string>,
  brought: Iterable<{ readonly source: string; readonly target: string }>,
): RepositoryGroup[] {
  const groups = new Map<string, Set<string>>();
  const add = (source: string, only?: string) => {
    const name = mapToTarget(rule, target, source);
    if ("refused" in name || (only !== undefined && name.repository !== only)) return;
    groups.set(name.repository, (groups.get(name.repository) ?? new Set()).add(source));
  };
  for (const source of listed) add(source);
  const selects = selectionOf(rule);
  for (const pair of brought) if (selects(pair.source)) add(pair.source, pair.target);
  return [...groups].map(([name, sources]) => ({ target: name, sources: [...sources] }));
}

function selectionOf({ source, repositories }: RuleSpec): (repository: string) => boolean {
  const pattern = compilePattern(source.repository);
  const include = repositories?.include?.map(compilePattern);
  const exclude = repositories?.exclude?.map(compilePattern) ?? [];
  return (repository) => {
    const name = belowNamespace(source.namespace, repository);
    if (name === undefined || !pattern.matches(name)) return false;
    return (include?.some((one) => one.matches(name)) ?? true) && !exclude.some((one) => one.matches(name));
  };
}

/** Whether the rule's filters look at nothing but names of tags, and what they say of one. */
export function tagSelectionOf({ source, tags, kinds }: RuleSpec): { readonly byNameOnly: boolean; matches(tag: string): boolean } {
  const pattern = compilePattern(source.tag);
  const include = tags?.include?.map(compilePattern);
  const exclude = tags?.exclude?.map(compilePattern) ?? [];
  const others = [tags?.semver, tags?.newest, tags?.pushedWithin, kinds];
  return {
    byNameOnly: others.every((filter) => filter === undefined),
    matches: (tag) =>
      pattern.matches(tag) && (include?.some((one) => one.matches(tag)) ?? true) && !exclude.some((one) => one.matches(tag)),
  };
}
