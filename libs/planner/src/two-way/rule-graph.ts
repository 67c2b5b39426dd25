import type { Rule } from "@transship/model";

/**
 * Rules that may bring something back, by the instances that they lead between: those that are enabled and replace what differs, since one that never overwrites brings
 * nothing back that is there already. Made once for all who look for ways.
 */
export class RuleGraph {
  readonly #from: ReadonlyMap<string, readonly Rule[]>;
  readonly #to = new Map<string, Rule[]>();

  constructor(rules: Iterable<Rule>) {
    const all = [...rules].filter(({ spec }) => spec.enabled && spec.overwrite !== "never");
    this.#from = Map.groupBy(all, ({ spec }) => spec.source.instance);
    for (const rule of all) {
      for (const name of new Set(rule.spec.targets.map(({ instance }) => instance))) {
        const known = this.#to.get(name);
        if (known === undefined) this.#to.set(name, [rule]);
        else known.push(rule);
      }
    }
  }

  /** Rules that begin at an instance. */
  from(instance: string): readonly Rule[] {
    return this.#from.get(instance) ?? [];
  }

  /** Rules that end there. */
  to(instance: string): readonly Rule[] {
    return this.#to.get(instance) ?? [];
  }
}
