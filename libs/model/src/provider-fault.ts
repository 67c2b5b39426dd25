import type { InstanceSpec } from "./instance.ts";
import type { RuleSpec } from "./rule.ts";

/** What a rule may not do with the providers of its instances. */
export interface ProviderFault {
  /** Path in the rule's spec. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Why a rule does not go with the kinds of its instances; undefined where it does. A chart repository can only be copied from, and its charts are converted only by the
 * explicit word. `providerOf`: undefined for an instance that is not known, of which nothing is said here.
 */
export function providerFault(
  { source, targets }: Pick<RuleSpec, "source" | "targets">,
  providerOf: (instance: string) => InstanceSpec["provider"] | undefined,
): ProviderFault | undefined {
  const target = targets.findIndex(({ instance }) => providerOf(instance) === "chartmuseum");
  if (target >= 0) {
    const message = `${targets[target]?.instance} is a chart repository (provider chartmuseum), which can only be copied from; store charts in an OCI registry`;
    return { path: ["targets", target, "instance"], message };
  }
  const provider = providerOf(source.instance);
  if (provider === "chartmuseum" && source.charts === undefined) {
    const message = `charts of a ChartMuseum repository have no OCI form, and ${source.instance} is one; set source.charts: asOci to store them as OCI charts`;
    return { path: ["source", "charts"], message };
  }
  if (provider !== undefined && provider !== "chartmuseum" && source.charts !== undefined) {
    const message = `is for chart repositories, and ${source.instance} is none (its provider is ${provider}): its charts are OCI charts already`;
    return { path: ["source", "charts"], message };
  }
  return undefined;
}
