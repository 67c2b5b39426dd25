import { isSamePlace, type RepositoryPlace, type Rule, subjectOfTag } from "@transship/model";
import { mapToTarget } from "../map-to-target.ts";
import { refuseTagName } from "../select/refuse-tag.ts";
import { refuseRepository } from "../select/select-repository.ts";
import { type CompiledSelection, compileSelection } from "../select/selection.ts";
import type { RuleGraph } from "./rule-graph.ts";

/** Rules that, one after the other, bring a tag from a target of a rule back to where that rule takes it from. */
export interface WayBack {
  /** In their order; at least one. */
  readonly rules: readonly Rule[];
}

/** Selections by rule, compiled when a tag is first held against one: of thousands of rules that may be on a way, few are looked at. */
const selections = new WeakMap<Rule, CompiledSelection>();

/** Longer circles are not looked for: no arrival is followed further either. */
const MOST_LEGS = 16;

/**
 * Finds the rules that lead back. What a
 * rule selects by more than names (kind, age, the newest) may come back, and counts.
 */
export class WaysBack {
  readonly #legs: ReadonlyMap<string, readonly Rule[]>;

  /** `rule`: the one whose targets are looked at. `graph`: of all there are. */
  constructor(rule: Rule, graph: RuleGraph) {
    this.#legs = between(rule, graph);
  }

  /** Whether any rule may lead back; where not, there is nothing to ask. */
  get any(): boolean {
    return this.#legs.size > 0;
  }

  /** The shortest way of a tag from a target to a source; undefined where none leads there. */
  find(target: RepositoryPlace, source: RepositoryPlace, tag: string): WayBack | undefined {
    const seen = new Set([keyOf(target)]);
    let ends: { readonly place: RepositoryPlace; readonly rules: readonly Rule[] }[] = [{ place: target, rules: [] }];
    for (let legs = 1; legs <= MOST_LEGS && ends.length > 0; legs++) {
      const next: typeof ends = [];
      for (const { place, rules } of ends) {
        for (const { rule, to } of this.#from(place, tag)) {
          const way = [...rules, rule];
          if (isSamePlace(to, source)) return { rules: way };
          if (seen.has(keyOf(to))) continue;
          seen.add(keyOf(to));
          next.push({ place: to, rules: way });
        }
      }
      ends = next;
    }
    return undefined;
  }

  /** Where rules bring a tag from a place. */
  *#from(place: RepositoryPlace, tag: string): Generator<{ readonly rule: Rule; readonly to: RepositoryPlace }> {
    for (const rule of this.#legs.get(place.instance) ?? []) {
      const selection = selectionOf(rule);
      if (refuseRepository(selection, place.repository) !== undefined) continue;
      // Tags that belong to a digest go with what they belong to, whatever their names.
      if (subjectOfTag(tag) === undefined && refuseTagName(selection, tag) !== undefined) continue;
      for (const target of rule.spec.targets) {
        const name = mapToTarget(rule.spec, target, place.repository);
        if (!("refused" in name)) yield { rule, to: { instance: target.instance, repository: name.repository } };
      }
    }
  }
}

/** Rules that may be part of a way back, by where they begin, going by instances alone: what spares the rules that lead elsewhere being looked at for every tag. */
function between(rule: Rule, graph: RuleGraph): Map<string, readonly Rule[]> {
  const others = (rules: readonly Rule[]) => rules.filter(({ name }) => name !== rule.name);
  const ahead = reached(
    rule.spec.targets.map(({ instance }) => instance),
    (instance) => others(graph.from(instance)).flatMap(({ spec }) => spec.targets.map((target) => target.instance)),
  );
  const behind = reached([rule.spec.source.instance], (instance) => others(graph.to(instance)).map(({ spec }) => spec.source.instance));
  const legs = new Map<string, readonly Rule[]>();
  for (const instance of ahead) {
    const own = others(graph.from(instance)).filter(({ spec }) => spec.targets.some((target) => behind.has(target.instance)));
    if (own.length > 0) legs.set(instance, own);
  }
  return legs;
}

function reached(begins: readonly string[], next: (instance: string) => readonly string[]): Set<string> {
  const all = new Set(begins);
  // A set that grows while it is walked through is walked to its new end.
  for (const instance of all) for (const one of next(instance)) all.add(one);
  return all;
}

function selectionOf(rule: Rule): CompiledSelection {
  const known = selections.get(rule) ?? compileSelection(rule.spec);
  selections.set(rule, known);
  return known;
}

function keyOf({ instance, repository }: RepositoryPlace): string {
  return `${instance}/${repository}`;
}
