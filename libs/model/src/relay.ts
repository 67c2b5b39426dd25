import type { InstanceSpec } from "./instance.ts";
import { isRepositoryName } from "./names.ts";
import type { ProviderFault } from "./provider-fault.ts";
import { instancesOf, type Relay, type RuleSpec } from "./rule.ts";
import type { ArtifactPlace } from "./task.ts";

/**
 * Where an artifact lies between its two hops: below the relay's namespace by its source, under a tag that is made of its digest. Two rules that bring the same artifact by way
 * of one relay share the place, and can, since it holds the same bytes; two versions of a tag have two.
 */
export function relayPlace(
  source: Pick<ArtifactPlace, "instance" | "repository">,
  digest: string,
  { instance, namespace }: Relay,
): ArtifactPlace {
  // Names of instances allow what repository names do not: separators in a row, or at the end.
  const from = `${namespace}/${source.instance.replace(/[._-]+/g, "-").replace(/-$/, "")}`;
  const whole = `${from}/${source.repository}`;
  const [algorithm = "", hex = ""] = digest.split(":");
  return { instance, repository: isRepositoryName(whole) ? whole : from, tag: `relay-${algorithm}-${hex.slice(0, 64)}` };
}

/**
 * Why a rule may not go by way of its relay; undefined where it may, or has none. A relay belongs to the account of one of the sides, and lies within the border of one of
 * them: what the rule does not cross, its relay does not cross for it. `specOf`: undefined for an instance that is not known, of which nothing is said here.
 */
export function relayFault(
  rule: Pick<RuleSpec, "source" | "targets" | "relay">,
  specOf: (name: string) => InstanceSpec | undefined,
): ProviderFault | undefined {
  const { relay } = rule;
  const spec = relay && specOf(relay.instance);
  const sides = instancesOf({ source: rule.source, targets: rule.targets }).map(specOf);
  if (relay === undefined || spec === undefined || sides.includes(undefined)) return undefined;
  const path = ["relay", "instance"];
  if (spec.provider === "chartmuseum") return { path, message: `${relay.instance} is a chart repository, which can only be copied from` };
  for (const target of rule.targets) {
    const ends = [specOf(rule.source.instance), specOf(target.instance)];
    if (!ends.some((end) => end?.account === spec.account)) {
      return {
        path,
        message: `${relay.instance} belongs to account ${spec.account}, and neither ${rule.source.instance} nor ${target.instance} does`,
      };
    }
    if (!ends.some((end) => end?.border === spec.border)) {
      const where = spec.border === undefined ? "of no stated border" : `inside border ${spec.border}`;
      return { path, message: `${relay.instance} is ${where}, and neither ${rule.source.instance} nor ${target.instance} is` };
    }
  }
  return undefined;
}
