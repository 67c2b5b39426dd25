import { TransshipError } from "@transship/errors";
import { type Instance, providerFault, type Rule, type RuleSpec, type RuleTarget, relayFault } from "@transship/model";
import type { TopologyStore } from "@transship/store";

/** The instances that a rule names. */
export interface RuleInstances {
  readonly source: Instance;
  readonly targets: readonly { readonly target: RuleTarget; readonly instance: Instance }[];
  /** Undefined where the rule names none. */
  readonly relay: Instance | undefined;
}

/** Throws `NOT_FOUND`, and `INVALID_ARGUMENT` where the rule does not go with the kinds of its instances. */
export async function ruleInstances(topology: Pick<TopologyStore, "getInstance">, rule: Rule): Promise<RuleInstances> {
  const targets = await Promise.all(
    rule.spec.targets.map(async (target) => ({ target, instance: await topology.getInstance(target.instance) })),
  );
  const source = await topology.getInstance(rule.spec.source.instance);
  const relay = rule.spec.relay && (await topology.getInstance(rule.spec.relay.instance));
  const all = [source, ...targets.map(({ instance }) => instance), ...(relay === undefined ? [] : [relay])];
  requireProviders(`rule ${rule.name}`, rule.spec, all);
  return { source, targets, relay };
}

/** @throws TransshipError `INVALID_ARGUMENT` where a rule does not go with the kinds of those of its instances that are given, or may not go by its relay. */
export function requireProviders(what: string, spec: RuleSpec, instances: readonly Instance[]): void {
  const specOf = (name: string) => instances.find((one) => one.name === name)?.spec;
  const fault = providerFault(spec, (name) => specOf(name)?.provider) ?? relayFault(spec, specOf);
  if (fault === undefined) return;
  throw new TransshipError("INVALID_ARGUMENT", { what, why: `spec.${fault.path.join(".")}: ${fault.message}` });
}
