import type { AgentPlace } from "./agent.ts";
import type { Endpoint, Instance } from "./instance.ts";
import { endpointFor } from "./placement.ts";
import { type KnownReach, NO_REACH_KNOWN } from "./reach.ts";
import type { Rule } from "./rule.ts";

/** Siblings that are named for one task at most: each of them is a credential that travels. */
export const MOST_SIBLINGS = 3;

/** An instance that an agent may read blobs from in place of a task's source. */
export interface SiblingPlace {
  readonly instance: Instance;
  readonly endpoint: Endpoint;
}

/**
 * Instances that may have what a task copies and be nearer to the agent than its source: other targets of rules with that source, and sources of rules with that
 * target; only enabled rules, and only what the agent reaches. Never another account's, since nobody agreed to that, and never across a border that the task itself
 * does not cross. Those in the target's region come first, then those inside its border; then by name.
 */
export function siblingsFor(
  agent: Pick<AgentPlace, "name" | "networks">,
  source: Instance,
  target: Instance,
  rules: readonly Rule[],
  instances: ReadonlyMap<string, Instance>,
  known: KnownReach = NO_REACH_KNOWN,
): SiblingPlace[] {
  if (source.spec.account !== target.spec.account) return [];
  const names = [...related(rules, source.name, target.name)].filter((name) => name !== source.name && name !== target.name).sort();
  const places = names.flatMap((name) => {
    const instance = instances.get(name);
    const endpoint = instance === undefined ? undefined : endpointFor(agent, instance, known);
    if (instance === undefined || endpoint === undefined || !mayBeRead(instance, source, target)) return [];
    return [{ instance, endpoint }];
  });
  return places.sort((a, b) => distance(a.instance, target) - distance(b.instance, target)).slice(0, MOST_SIBLINGS);
}

function related(rules: readonly Rule[], source: string, target: string): Set<string> {
  const names = new Set<string>();
  for (const { spec } of rules) {
    if (!spec.enabled) continue;
    const targets = spec.targets.map(({ instance }) => instance);
    if (spec.source.instance === source) for (const name of targets) names.add(name);
    if (targets.includes(target)) names.add(spec.source.instance);
  }
  return names;
}

function mayBeRead({ spec }: Instance, source: Instance, target: Instance): boolean {
  // A chart repository has no blobs to read by digest.
  if (spec.provider === "chartmuseum") return false;
  const borders = [source.spec.border, target.spec.border];
  return spec.account === source.spec.account && borders.includes(spec.border);
}

function distance({ spec }: Instance, target: Instance): number {
  if (spec.region === target.spec.region) return 0;
  return spec.border !== undefined && spec.border === target.spec.border ? 1 : 2;
}
