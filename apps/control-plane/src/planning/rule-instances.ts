import { TransshipError } from "@transship/errors";
import { type Instance, providerFault, type Rule, type RuleSpec, type RuleTarget, relayFault } from "@transship/model";
import type { TopologyStore } from "@transship/store";
import { consentFaults } from "../topology/require-consent.ts";

/** The instances that a rule names. */
export interface RuleInstances {
  readonly source: Instance;
  readonly targets: readonly { readonly target: RuleTarget; readonly instance: Instance }[];
  /** Undefined where the rule names none. */
  readonly relay: Instance | undefined;
}

/** Throws `NOT_FOUND`; `CONSENT_MISSING`, which rules of before accounts were asked for have; and `INVALID_ARGUMENT` where the rule does not go with the kinds of its instances. */
export async function ruleInstances(topology: Pick<TopologyStore, "getInstance">, rule: Rule): Promise<RuleInstances> {
  const targets = await Promise.all(
    rule.spec.targets.map(async (target) => ({ target, instance: await topology.getInstance(target.instance) })),
  );
  const source = await topology.getInstance(rule.spec.source.instance);
  const relay = rule.spec.relay && (await topology.getInstance(rule.spec.relay.instance));
  const known = [source, ...targets.map(({ instance }) => instance), ...(relay === undefined ? [] : [relay])];
  requireProviders(`rule ${rule.name}`, rule.spec, known);
  const refused = consentFaults(rule.spec, (name) => known.find((instance) => instance.name === name));
  if (refused.length > 0) throw new TransshipError("CONSENT_MISSING", { what: `rule ${rule.name}`, why: refused.join("; ") });
  return { source, targets, relay };
}

/** @throws TransshipError `INVALID_ARGUMENT` where a rule does not go with the kinds of those of its instances that are given, or may not go by its relay. */
export function requireProviders(what: string, spec: RuleSpec, instances: readonly Instance[]): void {
  const specOf = (name: string) => instances.find((one) => one.name === name)?.spec;
  const fault = providerFault(spec, (name) => specOf(name)?.provider) ?? relayFault(spec, specOf);
  if (fault === undefined) return;
  throw new TransshipError("INVALID_ARGUMENT", { what, why: `spec.${fault.path.join(".")}: ${fault.message}` });
}
