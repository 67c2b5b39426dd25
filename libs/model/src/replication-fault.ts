import type { ErrorCode } from "@transship/errors";
import { consentFault } from "./consent.ts";
import type { Instance } from "./instance.ts";
import type { ReplicationSpec } from "./replication.ts";
import type { TreeFault } from "./replication-tree.ts";

/** Why an edge is refused. */
export interface EdgeFault extends TreeFault {
  readonly code: Extract<ErrorCode, "BORDER_CROSSED" | "CONSENT_MISSING" | "INVALID_ARGUMENT">;
}

type Place = Pick<Instance, "name"> & { readonly spec: Pick<Instance["spec"], "account" | "border" | "provider"> };

/**
 * Why edges of a replication do not go with their instances: a replication stays inside one border, and needs the consent of other accounts. `instanceOf`: undefined
 * for an instance that is not known, of which nothing is said here. Pure.
 */
export function edgeFaults(spec: ReplicationSpec, instanceOf: (name: string) => Place | undefined): EdgeFault[] {
  return spec.edges.flatMap(({ from, to }, index): EdgeFault[] => {
    const source = instanceOf(from);
    const target = instanceOf(to);
    if (source === undefined || target === undefined) return [];
    const path = ["edges", index];
    const chart = [source, target].find((one) => one.spec.provider === "chartmuseum");
    if (chart !== undefined) {
      const message = `${chart.name} is a chart repository, which cannot be replicated; a rule with source.charts: asOci copies its charts`;
      return [{ path, code: "INVALID_ARGUMENT", message }];
    }
    if (source.spec.border !== target.spec.border) return [{ path, code: "BORDER_CROSSED", message: borderText(source, target) }];
    const consent = consentFault(spec.consent, source, target);
    return consent === undefined ? [] : [{ path, code: "CONSENT_MISSING", message: consent }];
  });
}

function borderText(source: Place, target: Place): string {
  const inside = ({ name, spec }: Place) =>
    spec.border === undefined ? `${name} says no border` : `${name} is inside border ${spec.border}`;
  const rule =
    `{kind: Rule, metadata: {name: ${source.name}-to-${target.name}}, ` +
    `spec: {source: {instance: ${source.name}}, targets: [{instance: ${target.name}}], triggers: {events: true}}}`;
  return `${inside(source)} and ${inside(target)}; replication never crosses a border, a rule may, and says what of it: ${rule}`;
}
