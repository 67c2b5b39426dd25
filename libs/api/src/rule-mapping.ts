import { API_VERSION, OVERWRITE, type Overwrite, type Rule, type RuleRecord, type RuleResource } from "@transship/model";
import type { Execution } from "./gen/transship/v1/execution.ts";
import {
  Overwrite as OverwriteMessage,
  type Rule as RuleMessage,
  type RuleResource as RuleResourceMessage,
} from "./gen/transship/v1/rule.ts";
import { limitsFromMessage, limitsToMessage, present } from "./instance-mapping.ts";
import {
  agentSelectorFromMessage,
  agentSelectorToMessage,
  consentFromMessages,
  deletionFromMessage,
  deletionToMessage,
  nameFilterFromMessage,
  nameFilterToMessage,
  presentLists,
  presentNumber,
  relayFromMessage,
  relayToMessage,
  tagFilterFromMessage,
  tagFilterToMessage,
  targetFromMessage,
  targetToMessage,
  triggersFromMessage,
  triggersToMessage,
  windowFromMessage,
  windowToMessage,
} from "./rule-parts-mapping.ts";

const OVERWRITE_MESSAGES = {
  always: OverwriteMessage.ALWAYS,
  never: OverwriteMessage.NEVER,
  ours: OverwriteMessage.OURS,
} as const satisfies Record<Overwrite, OverwriteMessage>;

export function overwriteToMessage(overwrite: Overwrite): OverwriteMessage {
  return OVERWRITE_MESSAGES[overwrite];
}

/** Unknown or unspecified becomes `never`: the choice that changes nothing. */
export function overwriteFromMessage(message: OverwriteMessage): Overwrite {
  return OVERWRITE.find((overwrite) => OVERWRITE_MESSAGES[overwrite] === message) ?? "never";
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
        charts: spec.source.charts,
      },
      repositories: nameFilterToMessage(spec.repositories),
      tags: tagFilterToMessage(spec.tags),
      kinds: spec.kinds ?? [],
      platforms: spec.platforms ?? [],
      targets: spec.targets.map(targetToMessage),
      overwrite: overwriteToMessage(spec.overwrite),
      deletion: deletionToMessage(spec.deletion),
      triggers: triggersToMessage(spec.triggers),
      window: windowToMessage(spec.window),
      limits: limitsToMessage(spec.limits),
      priority: spec.priority ?? 0,
      consent: spec.consent ?? [],
      agents: agentSelectorToMessage(spec.agents),
      conflict: spec.conflict,
      relay: relayToMessage(spec.relay),
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
        ...present("charts", spec.source.charts ?? ""),
      },
      ...(spec.repositories === undefined ? {} : { repositories: nameFilterFromMessage(spec.repositories) }),
      ...(spec.tags === undefined ? {} : { tags: tagFilterFromMessage(spec.tags) }),
      ...presentLists(spec),
      targets: spec.targets.map(targetFromMessage),
      ...(spec.overwrite === OverwriteMessage.UNSPECIFIED ? {} : { overwrite: overwriteFromMessage(spec.overwrite) }),
      ...(spec.deletion === undefined ? {} : { deletion: deletionFromMessage(spec.deletion) }),
      ...(spec.triggers === undefined ? {} : { triggers: triggersFromMessage(spec.triggers) }),
      ...(spec.window === undefined ? {} : { window: windowFromMessage(spec.window) }),
      ...(spec.limits === undefined ? {} : { limits: limitsFromMessage(spec.limits) }),
      ...presentNumber("priority", spec.priority),
      ...consentFromMessages(spec.consent),
      ...(spec.agents === undefined ? {} : { agents: agentSelectorFromMessage(spec.agents) }),
      ...present("conflict", spec.conflict ?? ""),
      ...(spec.relay === undefined ? {} : { relay: relayFromMessage(spec.relay) }),
      enabled: spec.enabled,
    },
  };
}

/** A stored rule as a message. */
export function ruleToMessage(rule: Rule, lastExecution: Execution | undefined, record?: RuleRecord): RuleMessage {
  const resource = ruleResourceToMessage({
    apiVersion: API_VERSION,
    kind: "Rule",
    metadata: { name: rule.name, labels: { ...rule.labels } },
    spec: rule.spec,
  });
  const { createdAt, updatedAt } = rule;
  return {
    resource,
    createdAt,
    updatedAt,
    lastExecution,
    record: record && { ...record, lastSuccessAt: record.lastSuccessAt ?? "" },
    facing: [],
  };
}
