import { type Rule, type RuleSpec, subjectOfTag } from "@transship/model";
import { type CompiledSelection, compileSelection, refuseRepository, refuseTagName } from "@transship/planner";

/**
 * Whether a rule can select a repository, or a tag in it, by their names: false means that it never does. Tags that belong to a digest (signatures) go with what
 * they belong to, so that their own name says nothing.
 */
export function maySelect({ spec }: Pick<Rule, "spec">, repository: string, tag: string | undefined): boolean {
  const selection = compiled(spec);
  if (refuseRepository(selection, repository) !== undefined) return false;
  return tag === undefined || subjectOfTag(tag) !== undefined || refuseTagName(selection, tag) === undefined;
}

const selections = new WeakMap<RuleSpec, CompiledSelection>();

/** Compiling costs far more than matching, and the same rules are asked for every event. */
function compiled(spec: RuleSpec): CompiledSelection {
  const selection = selections.get(spec) ?? compileSelection(spec);
  selections.set(spec, selection);
  return selection;
}
