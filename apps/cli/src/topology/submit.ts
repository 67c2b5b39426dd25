import {
  agentResourceToMessage,
  instanceResourceToMessage,
  replicationResourceToMessage,
  ruleResourceToMessage,
  webhookResourceToMessage,
  wire,
} from "@transship/api";
import type { Call } from "../command.ts";
import type { ControlPlane } from "../connection/control-plane.ts";
import type { PlacedResource } from "./parse-topology.ts";
import { KEPT_SECRET } from "./read-secret.ts";
import { checkReferences, readSourceFile, readTopology } from "./read-topology.ts";

/** What became of a document, as JSON has it. */
export interface Change {
  readonly kind: string;
  readonly name: string;
  readonly outcome: "created" | "configured" | "unchanged" | "deleted";
  /** Fields that differ; values are JSON values, null = absent. */
  readonly fields: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[];
}

/** Reads the files that `-f` names, checks them, and has the control plane apply them in one transaction. */
export async function submitFiles(call: Call, controlPlane: ControlPlane, how: { prune: boolean; dryRun: boolean }): Promise<Change[]> {
  const files = await Promise.all(call.settings.list("file").map((name) => readSourceFile(name, call)));
  const resources = await readTopology(files, call.environment);
  const { instances, topology } = controlPlane.services;
  // The server checks references too; asking first lets the message name the line.
  const existing = how.prune ? [] : (await controlPlane.ask(instances.listInstances.bind(instances), {})).instances;
  checkReferences(
    files,
    resources,
    existing.map((instance) => instance.resource?.name ?? ""),
  );
  const answer = await controlPlane.ask(topology.apply.bind(topology), { resources: resources.map(resourceMessage), deletes: [], ...how });
  return answer.changes.map(changeOf);
}

/** A checked document as the message that carries it. */
export function resourceMessage({ resource }: PlacedResource): wire.Resource {
  switch (resource.kind) {
    case "Rule":
      return { kind: { $case: "rule", value: ruleResourceToMessage(resource) } };
    case "Replication":
      return { kind: { $case: "replication", value: replicationResourceToMessage(resource) } };
    case "Agent":
      return { kind: { $case: "agent", value: agentResourceToMessage(resource) } };
    case "Webhook": {
      const value = webhookResourceToMessage(resource);
      if (value.spec?.secret === KEPT_SECRET) value.spec.secret = "";
      return { kind: { $case: "webhook", value } };
    }
    case "Instance": {
      const value = instanceResourceToMessage(resource);
      const { credential, webhook } = value.spec ?? {};
      if (credential?.password === KEPT_SECRET) credential.password = "";
      if (webhook?.secret === KEPT_SECRET) webhook.secret = "";
      for (const { proxy, clientCertificate } of value.spec?.endpoints ?? []) {
        if (proxy?.credential?.password === KEPT_SECRET) proxy.credential.password = "";
        if (clientCertificate?.privateKey === KEPT_SECRET) clientCertificate.privateKey = "";
      }
      return { kind: { $case: "instance", value } };
    }
  }
}

const OUTCOMES: Readonly<Record<wire.AppliedChange_Outcome, Change["outcome"]>> = {
  [wire.AppliedChange_Outcome.UNSPECIFIED]: "unchanged",
  [wire.AppliedChange_Outcome.CREATED]: "created",
  [wire.AppliedChange_Outcome.CONFIGURED]: "configured",
  [wire.AppliedChange_Outcome.UNCHANGED]: "unchanged",
  [wire.AppliedChange_Outcome.DELETED]: "deleted",
};

function changeOf(change: wire.AppliedChange): Change {
  return {
    kind: change.resource?.kind ?? "",
    name: change.resource?.name ?? "",
    outcome: OUTCOMES[change.outcome],
    fields: change.fields.map(({ path, before, after }) => ({ path, before: jsonValue(before), after: jsonValue(after) })),
  };
}

function jsonValue(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
