import { type InstanceDocument, instanceDocument } from "../documents/instance.ts";
import { ruleDocument } from "../documents/rule.ts";
import { formatTable } from "../output/table.ts";
import { formatAge, formatBytes } from "../quantities.ts";
import { GATES_BY_AGENT } from "./gate-columns.ts";
import { labelsText } from "./labels-text.ts";
import type { Noun } from "./noun.ts";
import { REACH_BY_AGENT } from "./reach-columns.ts";
import { rules } from "./rule.ts";

/** Instances. */
export const instances: Noun<InstanceDocument> = {
  noun: "instance",
  name: (instance) => instance.metadata.name,
  columns: [
    { title: "NAME", cell: (instance) => instance.metadata.name },
    { title: "PROVIDER", cell: (instance) => instance.spec.provider },
    { title: "REGION", cell: (instance) => instance.spec.region },
    { title: "BORDER", cell: (instance) => instance.spec.border ?? "" },
    { title: "ENDPOINTS", cell: (instance) => instance.spec.endpoints.map((endpoint) => endpoint.url).join(", ") },
    { title: "NETWORKS", cell: (instance) => instance.spec.endpoints.map((endpoint) => endpoint.network).join(", "), wide: true },
    { title: "PROXY", cell: (instance) => proxiesText(instance), wide: true },
    { title: "ACCOUNT", cell: (instance) => instance.spec.account, wide: true },
    { title: "USER", cell: (instance) => instance.spec.credential?.username ?? "anonymous", wide: true },
    { title: "LIMITS", cell: (instance) => limitsText(instance.spec.limits), wide: true },
    { title: "LABELS", cell: (instance) => labelsText(instance.metadata.labels), wide: true },
    { title: "CHANGED", cell: (instance) => formatAge(instance.metadata.updatedAt) },
  ],
  async *list(controlPlane) {
    const { instances: service } = controlPlane.services;
    const answer = await controlPlane.ask(service.listInstances.bind(service), {});
    yield* answer.instances.map(instanceDocument);
  },
  async get(controlPlane, name) {
    const { instances: service } = controlPlane.services;
    return instanceDocument(await controlPlane.ask(service.getInstance.bind(service), { name }));
  },
  brief: ({ status: { gates: _gates, reach: _reach, ...status }, ...instance }) => ({ ...instance, status }),
  async *related(controlPlane, instance) {
    const { gates, reach } = instance.status;
    if (reach.length > 0) yield { title: "Reached by", text: formatTable(reach, REACH_BY_AGENT, { wide: false }) };
    if (gates.length > 0) yield { title: "Agents that talk to it", text: formatTable(gates, GATES_BY_AGENT, { wide: false }) };
    const { name } = instance.metadata;
    const { rules: service } = controlPlane.services;
    const all = (await controlPlane.ask(service.listRules.bind(service), {})).rules.map(ruleDocument);
    const touching = all.filter(
      (rule) => rule.spec.source.instance === name || rule.spec.targets.some((target) => target.instance === name),
    );
    if (touching.length > 0) yield { title: "Rules that use it", text: formatTable(touching, rules.columns, { wide: false }) };
  },
};

/** The proxies of its endpoints, each once; empty without. */
function proxiesText({ spec }: InstanceDocument): string {
  return [...new Set(spec.endpoints.flatMap(({ proxy }) => proxy ?? []))].join(", ");
}

/** `50.0 MiB/s, 20 requests/s, 16 connections`; empty without limits. */
function limitsText({ bytesPerSecond, requestsPerSecond, connections }: NonNullable<InstanceDocument["spec"]["limits"]> = {}): string {
  const parts = [
    bytesPerSecond === undefined ? [] : `${formatBytes(bytesPerSecond)}/s`,
    requestsPerSecond === undefined ? [] : `${requestsPerSecond} requests/s`,
    connections === undefined ? [] : `${connections} connections`,
  ];
  return parts.flat().join(", ");
}
