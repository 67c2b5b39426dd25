import { type AgentPlace, type Instance, type Rule, type SiblingPlace, siblingsFor } from "@transship/model";

/** Instances and rules as they were stored at one moment, with indexes for what is asked at every turn. Never changes. */
export class TopologySnapshot {
  readonly instances: ReadonlyMap<string, Instance>;
  readonly rules: ReadonlyMap<string, Rule>;
  /** Rules that have a work window. */
  readonly windowed: readonly Rule[];
  /** Instances that have limits. */
  readonly limitedInstances: readonly Instance[];
  /** Rules that have limits. */
  readonly limitedRules: readonly Rule[];
  readonly #bySource: ReadonlyMap<string, readonly Rule[]>;
  readonly #byTarget: ReadonlyMap<string, readonly Rule[]>;
  readonly #siblings = new Map<string, readonly SiblingPlace[]>();

  constructor(instances: readonly Instance[], rules: readonly Rule[]) {
    this.instances = new Map(instances.map((instance) => [instance.name, instance]));
    this.rules = new Map(rules.map((rule) => [rule.name, rule]));
    this.windowed = rules.filter(({ spec }) => spec.window !== undefined);
    this.limitedInstances = instances.filter(({ spec }) => spec.limits !== undefined);
    this.limitedRules = rules.filter(({ spec }) => spec.limits !== undefined);
    this.#bySource = Map.groupBy(rules, ({ spec }) => spec.source.instance);
    this.#byTarget = byTarget(rules);
  }

  /** Enabled rules that events at an instance start, by name. */
  eventRulesAt(instance: string): Rule[] {
    return (this.#bySource.get(instance) ?? []).filter(({ spec }) => spec.enabled && spec.triggers?.events === true);
  }

  /** Other instances that may have what is copied, for an agent to read from; worked out once for all agents of the same networks. */
  siblingsFor(agent: Pick<AgentPlace, "networks">, source: Instance, target: Instance): readonly SiblingPlace[] {
    const key = JSON.stringify([source.name, target.name, agent.networks]);
    const known = this.#siblings.get(key);
    if (known !== undefined) return known;
    // Those of other rules are no siblings.
    const rules = new Set([...(this.#bySource.get(source.name) ?? []), ...(this.#byTarget.get(target.name) ?? [])]);
    const found = siblingsFor(agent, source, target, [...rules], this.instances);
    this.#siblings.set(key, found);
    return found;
  }
}

function byTarget(rules: readonly Rule[]): Map<string, Rule[]> {
  const found = new Map<string, Rule[]>();
  for (const rule of rules) {
    for (const name of new Set(rule.spec.targets.map(({ instance }) => instance))) {
      const known = found.get(name);
      if (known === undefined) found.set(name, [rule]);
      else known.push(rule);
    }
  }
  return found;
}
