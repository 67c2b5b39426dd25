import type { Instance, Rule } from "@transship/model";

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

  /** Rules that begin at `source` or end at `target`. */
  rulesAround(source: string, target: string): Rule[] {
    return [...new Set([...(this.#bySource.get(source) ?? []), ...(this.#byTarget.get(target) ?? [])])];
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
