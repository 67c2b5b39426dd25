import { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import {
  type AgentDocument,
  type Instance,
  RESOURCE_KINDS,
  type Replication,
  type Resource,
  type ResourceKind,
  type Rule,
  type Webhook,
} from "@transship/model";
import type { AppliedChange, ApplyOutcome, TopologyChange, TopologyStore } from "@transship/store";
import { diffFields } from "./diff-fields.ts";
import { readResources } from "./read-resources.ts";
import { refuseContradictions } from "./refuse-contradictions.ts";
import { requireConsent } from "./require-consent.ts";
import { requireAllowedEdges } from "./require-edges.ts";
import { requireFittingProviders } from "./require-providers.ts";

const OUTCOMES = {
  created: wire.AppliedChange_Outcome.CREATED,
  configured: wire.AppliedChange_Outcome.CONFIGURED,
  unchanged: wire.AppliedChange_Outcome.UNCHANGED,
  deleted: wire.AppliedChange_Outcome.DELETED,
} as const satisfies Record<ApplyOutcome, wire.AppliedChange_Outcome>;

type Stored = ReadonlyMap<string, AgentDocument | Instance | Rule | Replication | Webhook>;

/** Applies a request: all of it or nothing. @throws TransshipError `INVALID_ARGUMENT`, and what the store throws. */
export async function applyTopology(topology: TopologyStore, request: wire.ApplyRequest, now: Date): Promise<wire.ApplyResponse> {
  const instances = await topology.listInstances();
  const webhooks = await topology.listWebhooks();
  const rules = await topology.listRules();
  const replications = await topology.listReplications();
  const stored: Stored = new Map<string, AgentDocument | Instance | Rule | Replication | Webhook>([
    ...replications.map((replication) => [keyOf("Replication", replication.name), replication] as const),
    ...(await topology.listAgentDocuments()).map((agent) => [keyOf("Agent", agent.name), agent] as const),
    ...webhooks.map((webhook) => [keyOf("Webhook", webhook.name), webhook] as const),
    ...rules.map((rule) => [keyOf("Rule", rule.name), rule] as const),
    ...instances.map((instance) => [keyOf("Instance", instance.name), instance] as const),
  ]);
  const resources = readResources(request.resources, { instances, webhooks });
  const changes: TopologyChange[] = [...resources.map((resource) => ({ apply: resource })), ...readDeletes(request.deletes)];
  requireOnce(changes);
  if (request.prune) changes.push(...pruned(stored, changes));
  requireFittingProviders(changes, rules, instances);
  requireConsent(changes, rules, instances);
  requireAllowedEdges(changes, replications, instances);
  refuseContradictions(changes, rules, replications);
  const applied = await topology.apply(changes, { now, dryRun: request.dryRun });
  return { changes: applied.map((change, index) => changeMessage(change, changes[index], stored)) };
}

function readDeletes(names: readonly wire.ResourceName[]): TopologyChange[] {
  return names.map(({ kind, name }) => {
    const known = RESOURCE_KINDS.find((one) => one === kind);
    if (known !== undefined) return { delete: { kind: known, name } };
    throw new TransshipError("INVALID_ARGUMENT", {
      what: `deleting ${kind} ${name}`,
      why: `the kind must be one of: ${RESOURCE_KINDS.join(", ")}`,
    });
  });
}

/** Everything stored that the request does not name; rules and replications come first, since they name instances. */
function pruned(stored: Stored, changes: readonly TopologyChange[]): TopologyChange[] {
  const named = new Set(changes.map(changeKey));
  return [...stored.keys()]
    .filter((key) => !named.has(key))
    .map((key) => {
      const [kind, name] = key.split("/") as [ResourceKind, string];
      return { delete: { kind, name } };
    });
}

function requireOnce(changes: readonly TopologyChange[]): void {
  const seen = new Set<string>();
  for (const key of changes.map(changeKey)) {
    if (seen.has(key)) throw new TransshipError("INVALID_ARGUMENT", { what: "the topology", why: `${key} occurs twice` });
    seen.add(key);
  }
}

function changeMessage(applied: AppliedChange, change: TopologyChange | undefined, stored: Stored): wire.AppliedChange {
  const before = stored.get(keyOf(applied.kind, applied.name));
  const after = change !== undefined && "apply" in change ? change.apply : undefined;
  const differs = applied.outcome === "configured" && before !== undefined && after !== undefined;
  return {
    resource: { kind: applied.kind, name: applied.name },
    outcome: OUTCOMES[applied.outcome],
    fields: differs ? diffFields({ metadata: { labels: before.labels }, spec: before.spec }, shownPart(after)) : [],
  };
}

function shownPart(resource: Resource): unknown {
  return { metadata: { labels: resource.metadata.labels }, spec: resource.spec };
}

function changeKey(change: TopologyChange): string {
  return "apply" in change ? keyOf(change.apply.kind, change.apply.metadata.name) : keyOf(change.delete.kind, change.delete.name);
}

function keyOf(kind: ResourceKind, name: string): string {
  return `${kind}/${name}`;
}
