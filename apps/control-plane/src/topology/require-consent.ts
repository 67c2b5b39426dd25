import { TransshipError } from "@transship/errors";
import { consentFault, type Instance, type Rule, type RuleSpec } from "@transship/model";
import type { TopologyChange } from "@transship/store";
import { resultingInstances, resultingSpecs } from "./resulting.ts";

type Place = Parameters<typeof consentFault>[1];

/**
 * Checks that each rule that works across two accounts has the consent of the other, once all changes are made.
 * @throws TransshipError `CONSENT_MISSING` with every rule that has not.
 */
export function requireConsent(changes: readonly TopologyChange[], rules: readonly Rule[], instances: readonly Instance[]): void {
  const instanceOf = resultingInstances(instances, changes);
  const faults = [...resultingSpecs("Rule", rules, changes)].flatMap(([name, spec]) =>
    consentFaults(spec, instanceOf).map((why) => `rule ${name}: ${why}`),
  );
  if (faults.length > 0) throw new TransshipError("CONSENT_MISSING", { what: "the topology", why: faults.join("; ") });
}

/** Every target of a rule whose account has not agreed, in words. */
export function consentFaults(
  spec: Pick<RuleSpec, "consent" | "source" | "targets">,
  instanceOf: (name: string) => Place | undefined,
): string[] {
  const source = instanceOf(spec.source.instance);
  return spec.targets.flatMap(({ instance }) => {
    const target = instanceOf(instance);
    const fault = source && target && consentFault(spec.consent, source, target);
    return fault === undefined ? [] : [fault];
  });
}
