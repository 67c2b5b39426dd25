import { API_VERSION, type Overwrite, type Rule, type RuleResource } from "@transship/model";
import type { Execution } from "./gen/transship/v1/execution.ts";
import {
  Overwrite as OverwriteMessage,
  type Rule as RuleMessage,
  type RuleResource as RuleResourceMessage,
} from "./gen/transship/v1/rule.ts";
import { present } from "./instance-mapping.ts";

const OVERWRITE_MESSAGES = { always: OverwriteMessage.ALWAYS, never: OverwriteMessage.NEVER } as const satisfies Record<
  Overwrite,
  OverwriteMessage
>;

export function overwriteToMessage(overwrite: Overwrite): OverwriteMessage {
  return OVERWRITE_MESSAGES[overwrite];
}

/** Unknown or unspecified becomes `never`: the choice that changes nothing. */
export function overwriteFromMessage(message: OverwriteMessage): Overwrite {
  return message === OverwriteMessage.ALWAYS ? "always" : "never";
}

/** A rule document as a message. */
export function ruleResourceToMessage(resource: RuleResource): RuleResourceMessage {
  const { spec, metadata } = resource;
  return {
    name: metadata.name,
    labels: metadata.labels,
    spec: {
      description: spec.description ?? "",
      source: {
        instance: spec.source.instance,
        namespace: spec.source.namespace ?? "",
        repository: spec.source.repository ?? "",
        tag: spec.source.tag ?? "",
      },
      targets: spec.targets.map((target) => ({ instance: target.instance, namespace: target.namespace ?? "" })),
      overwrite: overwriteToMessage(spec.overwrite),
      enabled: spec.enabled,
    },
  };
}

/** A message as a document, not yet checked: give it to `parseResource`. Empty strings are absent fields. */
export function ruleResourceFromMessage(message: RuleResourceMessage): unknown {
  const spec = message.spec;
  return {
    apiVersion: API_VERSION,
    kind: "Rule",
    metadata: { name: message.name, labels: message.labels },
    spec: spec && {
      ...present("description", spec.description),
      source: spec.source && {
        instance: spec.source.instance,
        ...present("namespace", spec.source.namespace),
        ...present("repository", spec.source.repository),
        ...present("tag", spec.source.tag),
      },
      targets: spec.targets.map((target) => ({ instance: target.instance, ...present("namespace", target.namespace) })),
      ...(spec.overwrite === OverwriteMessage.UNSPECIFIED ? {} : { overwrite: overwriteFromMessage(spec.overwrite) }),
      enabled: spec.enabled,
    },
  };
}

/** A stored rule as a message. */
export function ruleToMessage(rule: Rule, lastExecution: Execution | undefined): RuleMessage {
  const resource = ruleResourceToMessage({
    apiVersion: API_VERSION,
    kind: "Rule",
    metadata: { name: rule.name, labels: { ...rule.labels } },
    spec: rule.spec,
  });
  return { resource, createdAt: rule.createdAt, updatedAt: rule.updatedAt, lastExecution };
}
