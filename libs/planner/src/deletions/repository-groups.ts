import type { RuleSpec, RuleTarget } from "@transship/model";
import { mapToTarget } from "../map-to-target.ts";
import { refuseTagName } from "../select/refuse-tag.ts";
import { refuseRepository } from "../select/select-repository.ts";
import { compileSelection } from "../select/selection.ts";

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
  const selection = compileSelection(rule);
  for (const pair of brought) if (refuseRepository(selection, pair.source) === undefined) add(pair.source, pair.target);
  return [...groups].map(([name, sources]) => ({ target: name, sources: [...sources] }));
}

/** Whether the rule's filters look at nothing but names of tags, and what they say of one. */
export function tagSelectionOf(rule: RuleSpec): { readonly byNameOnly: boolean; matches(tag: string): boolean } {
  const selection = compileSelection(rule);
  const others = [rule.tags?.newest, rule.tags?.pushedWithin, rule.kinds];
  return {
    byNameOnly: others.every((filter) => filter === undefined),
    matches: (tag) => refuseTagName(selection, tag) === undefined,
  };
}
