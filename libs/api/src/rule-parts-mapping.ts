import type {
  AgentSelector,
  Consent,
  Deletion,
  NameFilter,
  Relay,
  RuleSpec,
  RuleTarget,
  TagFilter,
  Triggers,
  WorkWindow,
} from "@transship/model";
import type * as wire from "./gen/transship/v1/rule.ts";
import { present } from "./instance-mapping.ts";

/*
 * The parts of a rule as messages and back. Back means documents that are not yet checked; what proto3 knows as empty is absent in them.
 */

/** `flatten: all` on the wire. */
const ALL_LEVELS = -1;

export function targetToMessage(target: RuleTarget): wire.RuleTarget {
  const { instance, namespace = "", repository = "", flatten = 0 } = target;
  return { instance, namespace, repository, flatten: flatten === "all" ? ALL_LEVELS : flatten };
}

export function targetFromMessage(message: wire.RuleTarget): unknown {
  const { instance, namespace, repository, flatten } = message;
  return {
    instance,
    ...present("namespace", namespace),
    ...present("repository", repository),
    ...(flatten === 0 ? {} : { flatten: flatten === ALL_LEVELS ? "all" : flatten }),
  };
}

export function nameFilterToMessage(filter: NameFilter | undefined): wire.NameFilter | undefined {
  return filter && { include: filter.include ?? [], exclude: filter.exclude ?? [] };
}

export function nameFilterFromMessage(message: wire.NameFilter | undefined): NameFilter {
  return { ...presentList("include", message?.include ?? []), ...presentList("exclude", message?.exclude ?? []) };
}

export function tagFilterToMessage(filter: TagFilter | undefined): wire.TagFilter | undefined {
  if (filter === undefined) return undefined;
  const { semver = "", prereleases = false, newest = 0, newestBy = "", pushedWithin = 0 } = filter;
  return { names: nameFilterToMessage(filter), semver, prereleases, newest, newestBy, pushedWithinMs: pushedWithin };
}

export function tagFilterFromMessage(message: wire.TagFilter): unknown {
  return {
    ...nameFilterFromMessage(message.names),
    ...present("semver", message.semver),
    ...(message.prereleases ? { prereleases: true } : {}),
    ...presentNumber("newest", message.newest),
    ...present("newestBy", message.newestBy),
    ...presentNumber("pushedWithin", message.pushedWithinMs),
  };
}

export function deletionToMessage(deletion: Deletion | undefined): wire.Deletion | undefined {
  return deletion && { propagate: deletion.propagate, maxCount: deletion.maxCount, maxSharePercent: deletion.maxShare };
}

export function deletionFromMessage(message: wire.Deletion): unknown {
  return { propagate: message.propagate, maxCount: message.maxCount, maxShare: message.maxSharePercent };
}

export function triggersToMessage(triggers: Triggers | undefined): wire.Triggers | undefined {
  if (triggers === undefined) return undefined;
  const { events, poll = 0, schedule } = triggers;
  return {
    events,
    pollMs: poll,
    schedule: schedule && { cron: schedule.cron, timeZone: schedule.timeZone ?? "", missed: schedule.missed },
  };
}

export function triggersFromMessage(message: wire.Triggers): unknown {
  const { schedule } = message;
  return {
    events: message.events,
    ...presentNumber("poll", message.pollMs),
    ...(schedule === undefined
      ? {}
      : { schedule: { cron: schedule.cron, ...present("timeZone", schedule.timeZone), ...present("missed", schedule.missed) } }),
  };
}

export function windowToMessage(window: WorkWindow | undefined): wire.WorkWindow | undefined {
  return window && { from: window.from, to: window.to, timeZone: window.timeZone ?? "" };
}

export function windowFromMessage(message: wire.WorkWindow): unknown {
  return { from: message.from, to: message.to, ...present("timeZone", message.timeZone) };
}

export function agentSelectorToMessage(selector: AgentSelector | undefined): wire.AgentSelector | undefined {
  return selector && { labels: selector.labels ?? {}, names: selector.names ?? [] };
}

export function agentSelectorFromMessage({ labels, names }: wire.AgentSelector): AgentSelector {
  return { ...(Object.keys(labels).length === 0 ? {} : { labels }), ...presentList("names", names) };
}

export function relayToMessage(relay: Relay | undefined): wire.Relay | undefined {
  return relay && { ...relay };
}

export function relayFromMessage(message: wire.Relay): unknown {
  return { instance: message.instance, ...present("namespace", message.namespace) };
}

/** The lists of a rule that are absent when empty. */
export function presentLists(spec: Pick<wire.RuleSpec, "kinds" | "platforms">): Partial<Pick<RuleSpec, "kinds" | "platforms">> {
  return { ...presentList("kinds", spec.kinds), ...presentList("platforms", spec.platforms) } as Partial<RuleSpec>;
}

function presentList<K extends string>(key: K, list: string[]): { [P in K]?: string[] } {
  return list.length === 0 ? {} : ({ [key]: list } as { [P in K]?: string[] });
}

/** `{key: number}`, or nothing for zero: proto3 knows no absent numbers. */
export function presentNumber<K extends string>(key: K, value: number): { [P in K]?: number } {
  return value === 0 ? {} : ({ [key]: value } as { [P in K]?: number });
}

/** `{consent: […]}`, or nothing for none. */
export function consentFromMessages(messages: readonly wire.Consent[]): { consent?: Consent[] } {
  return messages.length === 0 ? {} : { consent: messages.map(({ account, by }) => ({ account, by })) };
}
