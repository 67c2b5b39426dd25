import { isSamePlace, type RepositoryPlace, type Rule, subjectOfTag } from "@transship/model";
import { mapToTarget } from "../map-to-target.ts";
import { refuseTagName } from "../select/refuse-tag.ts";
import { refuseRepository } from "../select/select-repository.ts";
import { type CompiledSelection, compileSelection } from "../select/selection.ts";

/** Rules that, one after the other, bring a tag from a target of a rule back to where that rule takes it from. */
export interface WayBack {
  /** In their order; at least one. */
  readonly rules: readonly Rule[];
}

interface Leg {
  readonly rule: Rule;
  readonly selection: CompiledSelection;
}

/** Longer circles are not looked for: no arrival is followed further either. */
const MOST_LEGS = 16;

/**
 * Finds the rules that lead back. Those count that are enabled and replace what differs: one that never overwrites brings nothing back that the source has. What a
 * rule selects by more than names (kind, age, the newest) may come back, and counts.
 */
export class WaysBack {
  readonly #legs: ReadonlyMap<string, readonly Leg[]>;

  /** `rule`: the one whose targets are looked at. `rules`: all there are. */
  constructor(rule: Rule, rules: readonly Rule[]) {
    const others = rules.filter(({ name, spec }) => name !== rule.name && spec.enabled && spec.overwrite !== "never");
    const legs = between(rule, others).map((one) => ({ rule: one, selection: compileSelection(one.spec) }));
    this.#legs = Map.groupBy(legs, (leg) => leg.rule.spec.source.instance);
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
    for (const { rule, selection } of this.#legs.get(place.instance) ?? []) {
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

/** Rules that may be part of a way back, going by instances alone: what spares the rules that lead elsewhere being looked at for every tag. */
function between(rule: Rule, others: readonly Rule[]): Rule[] {
  const edges = others.flatMap(({ spec }) => spec.targets.map(({ instance }) => ({ from: spec.source.instance, to: instance })));
  const ahead = reached(
    rule.spec.targets.map(({ instance }) => instance),
    Map.groupBy(edges, ({ from }) => from),
    ({ to }) => to,
  );
  const behind = reached(
    [rule.spec.source.instance],
    Map.groupBy(edges, ({ to }) => to),
    ({ from }) => from,
  );
  return others.filter(({ spec }) => ahead.has(spec.source.instance) && spec.targets.some(({ instance }) => behind.has(instance)));
}

interface Edge {
  readonly from: string;
  readonly to: string;
}

function reached(begins: readonly string[], edges: ReadonlyMap<string, readonly Edge[]>, end: (edge: Edge) => string): Set<string> {
  const all = new Set(begins);
  // A set that grows while it is walked through is walked to its new end.
  for (const instance of all) for (const edge of edges.get(instance) ?? []) all.add(end(edge));
  return all;
}

function keyOf({ instance, repository }: RepositoryPlace): string {
  return `${instance}/${repository}`;
}
