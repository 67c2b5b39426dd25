import {
  type AgentPlace,
  type Instance,
  type KnownReach,
  NO_REACH_KNOWN,
  type Rule,
  type SiblingPlace,
  siblingsFor,
} from "@transship/model";
import { RuleGraph } from "@transship/planner";

/** Agents of the same networks that reach the same: one stands for all. */
export interface SiblingReaders {
  readonly head: Pick<AgentPlace, "name" | "networks">;
}

/** Instances, rules and edges, which are rules to all who ask here, as they were stored at one moment, with indexes for what is asked at every turn. Never changes. */
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
  readonly #siblings = new WeakMap<SiblingReaders, Map<string, readonly SiblingPlace[]>>();
  #graph: RuleGraph | undefined;
  #byRegion: ReadonlyMap<string, readonly string[]> | undefined;

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

  /** Where rules lead. */
  get graph(): RuleGraph {
    this.#graph ??= new RuleGraph(this.rules.values());
    return this.#graph;
  }

  /** The names of instances in a region. */
  inRegion(region: string): readonly string[] {
    this.#byRegion ??= new Map(
      [...Map.groupBy(this.instances.values(), ({ spec }) => spec.region)].map(([of, all]) => [of, all.map(({ name }) => name)]),
    );
    return this.#byRegion.get(region) ?? [];
  }

  /** Other instances that may have what is copied, to read from; worked out once for all of `readers`, for as long as these reach the same. */
  siblingsFor(readers: SiblingReaders, source: Instance, target: Instance, reach: KnownReach = NO_REACH_KNOWN): readonly SiblingPlace[] {
    const own = this.#siblings.get(readers) ?? new Map<string, readonly SiblingPlace[]>();
    this.#siblings.set(readers, own);
    const key = `${source.name} ${target.name}`;
    const known = own.get(key);
    if (known !== undefined) return known;
    // Those of other rules are no siblings.
    const rules = new Set([...(this.#bySource.get(source.name) ?? []), ...(this.#byTarget.get(target.name) ?? [])]);
    const found = siblingsFor(readers.head, source, target, [...rules], this.instances, reach);
    own.set(key, found);
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
