import type { Rule } from "@transship/model";
import { mapToTarget } from "../map-to-target.ts";
import { refuseTagName } from "../select/refuse-tag.ts";
import { plainRepositories, refuseRepository } from "../select/select-repository.ts";
import { compileSelection } from "../select/selection.ts";
import { RuleGraph } from "./rule-graph.ts";
import { WaysBack } from "./ways-back.ts";

/** Names that nearly every selection takes some of. */
const REPOSITORIES = ["app", "team/app", "a/b/c/app"];
const TAGS = ["latest", "v1", "1.0.0", "v1.0.0", "main"];

/**
 * The rules that bring tags of a rule's targets directly back to its source. Names are tried: patterns may hide such a rule, which plans then find tag by tag.
 */
export function facingRules(rule: Rule, rules: readonly Rule[]): Rule[] {
  const ways = new WaysBack(rule, new RuleGraph(rules));
  if (!ways.any) return [];
  const found = new Set<Rule>();
  for (const { from, to, tag } of examplesOf(rule)) {
    const [other, ...more] = ways.find(to, from, tag)?.rules ?? [];
    if (other !== undefined && more.length === 0) found.add(other);
  }
  return [...found];
}

/** Two enabled rules that bring a tag directly to each other and both say that their source wins, as far as that is found; undefined where none are. */
export function bothSaySource(rules: readonly Rule[]): readonly [Rule, Rule] | undefined {
  const claiming = rules.filter(({ spec }) => spec.conflict === "source" && spec.enabled);
  const bySource = Map.groupBy(claiming, ({ spec }) => spec.source.instance);
  for (const rule of claiming) {
    const near = new Set(rule.spec.targets.flatMap(({ instance }) => bySource.get(instance) ?? []));
    const back = [...near].filter(({ spec }) => spec.targets.some(({ instance }) => instance === rule.spec.source.instance));
    const [other] = facingRules(rule, back);
    if (other !== undefined) return [rule, other];
  }
  return undefined;
}

/** Where some tags would come from and go to. */
function examplesOf(rule: Rule) {
  const selection = compileSelection(rule.spec);
  const { instance, namespace } = rule.spec.source;
  const tried = REPOSITORIES.map((name) => (namespace === undefined ? name : `${namespace}/${name}`));
  const names = [...(plainRepositories(selection) ?? []), ...tried].filter((name) => refuseRepository(selection, name) === undefined);
  const literals = selection.tag.literal === undefined ? TAGS : [selection.tag.literal];
  const tags = literals.filter((tag) => refuseTagName(selection, tag) === undefined);
  return rule.spec.targets.flatMap((target) =>
    names.flatMap((repository) => {
      const name = mapToTarget(rule.spec, target, repository);
      if ("refused" in name) return [];
      const to = { instance: target.instance, repository: name.repository };
      return tags.map((tag) => ({ from: { instance, repository }, to, tag }));
    }),
  );
}
