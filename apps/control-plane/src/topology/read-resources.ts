import { instanceResourceFromMessage, ruleResourceFromMessage, type wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { type Instance, parseResource, type Resource } from "@transship/model";
import { keepPassword } from "./keep-password.ts";

/** The documents of a request, checked; a password that is left out is the stored one where that is safe. @throws TransshipError `INVALID_ARGUMENT` with all issues. */
export function readResources(messages: readonly wire.Resource[], stored: ReadonlyMap<string, Instance>): Resource[] {
  const resources: Resource[] = [];
  const issues: string[] = [];
  for (const [index, { kind }] of messages.entries()) {
    if (kind === undefined) {
      issues.push(`document ${index + 1}: is of no kind that this version knows`);
      continue;
    }
    const document = kind.$case === "instance" ? readInstance(kind.value, stored) : ruleResourceFromMessage(kind.value);
    const parsed = parseResource(document);
    if ("resource" in parsed) resources.push(parsed.resource);
    else {
      const name = kind.value.name === "" ? `document ${index + 1}` : kind.value.name;
      issues.push(...parsed.issues.map((issue) => `${name}: ${issue.path.join(".")}: ${issue.message}`));
    }
  }
  if (issues.length > 0) throw new TransshipError("INVALID_ARGUMENT", { what: "the topology", why: issues.join("; ") });
  return resources;
}

function readInstance(message: wire.InstanceResource, stored: ReadonlyMap<string, Instance>): unknown {
  const before = stored.get(message.name);
  return instanceResourceFromMessage(before === undefined ? message : keepPassword(message, before));
}
