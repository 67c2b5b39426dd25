import type { Instance, Rule, RuleTarget } from "@transship/model";
import type { TopologyStore } from "@transship/store";

/** The instances that a rule names. */
export interface RuleInstances {
  readonly source: Instance;
  readonly targets: readonly { readonly target: RuleTarget; readonly instance: Instance }[];
}

/** Throws `NOT_FOUND`. */
export async function ruleInstances(topology: Pick<TopologyStore, "getInstance">, rule: Rule): Promise<RuleInstances> {
  const targets = await Promise.all(
    rule.spec.targets.map(async (target) => ({ target, instance: await topology.getInstance(target.instance) })),
  );
  return { source: await topology.getInstance(rule.spec.source.instance), targets };
}
