import {
  agentResourceFromMessage,
  instanceResourceFromMessage,
  replicationResourceFromMessage,
  ruleResourceFromMessage,
  webhookResourceFromMessage,
  type wire,
} from "@transship/api";
import { TransshipError } from "@transship/errors";
import { type Instance, parseResource, type Resource, type RuleResource, type Webhook } from "@transship/model";
import { keepPassword, keepSecret } from "./keep-password.ts";

/** What is stored already. */
interface Stored {
  readonly instances: readonly Instance[];
  readonly webhooks: readonly Webhook[];
}

/** The documents of a request, checked; a secret that is left out is the stored one where that is safe. @throws TransshipError `INVALID_ARGUMENT` with all issues. */
export function readResources(messages: readonly wire.Resource[], stored: Stored): Resource[] {
  const resources: Resource[] = [];
  const issues: string[] = [];
  for (const [index, { kind }] of messages.entries()) {
    if (kind === undefined) {
      issues.push(`document ${index + 1}: is of no kind that this version knows`);
      continue;
    }
    const parsed = parseResource(documentOf(kind, stored));
    if ("resource" in parsed) resources.push(parsed.resource);
    else {
      const name = kind.value.name === "" ? `document ${index + 1}` : kind.value.name;
      issues.push(...parsed.issues.map((issue) => `${name}: ${issue.path.join(".")}: ${issue.message}`));
    }
  }
  if (issues.length > 0) throw new TransshipError("INVALID_ARGUMENT", { what: "the topology", why: issues.join("; ") });
  return resources;
}

/** One rule document, checked. @throws TransshipError `INVALID_ARGUMENT` with all issues. */
export function readRule(message: wire.RuleResource): RuleResource {
  const [rule] = readResources([{ kind: { $case: "rule", value: message } }], { instances: [], webhooks: [] });
  if (rule?.kind === "Rule") return rule;
  throw new TransshipError("INTERNAL", { what: `reading rule ${message.name}`, why: `it came out as ${rule?.kind ?? "nothing"}` });
}

function documentOf(kind: NonNullable<wire.Resource["kind"]>, { instances, webhooks }: Stored): unknown {
  switch (kind.$case) {
    case "agent":
      return agentResourceFromMessage(kind.value);
    case "rule":
      return ruleResourceFromMessage(kind.value);
    case "replication":
      return replicationResourceFromMessage(kind.value);
    case "webhook":
      return webhookResourceFromMessage(
        keepSecret(
          kind.value,
          webhooks.find(({ name }) => name === kind.value.name),
        ),
      );
    case "instance":
      return instanceResourceFromMessage(
        keepPassword(
          kind.value,
          instances.find(({ name }) => name === kind.value.name),
        ),
      );
  }
}
