import type { AgentPlace } from "./agent.ts";
import type { Holder } from "./holder.ts";
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
  const places = [...related(rules, source.name, target.name)]
    .sort()
    .flatMap((name) => placeOf(name, agent, source, target, { instances, known }));
  return nearestFirst(places, target).slice(0, MOST_SIBLINGS);
}

/** A sibling that is believed to have what is copied, with the repositories where that may be. */
export interface HoldingSibling extends SiblingPlace {
  readonly repositories: readonly string[];
}

/**
 * Which of those who may have an artifact an agent is told of: the same laws as for all siblings, and none that is farther from the target than the source is. Nearest
 * first; of equals, in the order given.
 */
export function holdersFor(
  agent: Pick<AgentPlace, "name" | "networks">,
  source: Instance,
  target: Instance,
  holders: readonly Holder[],
  instances: ReadonlyMap<string, Instance>,
  known: KnownReach = NO_REACH_KNOWN,
): HoldingSibling[] {
  const repositories = Map.groupBy(holders, ({ instance }) => instance);
  const places = [...repositories].flatMap(([name, theirs]) =>
    placeOf(name, agent, source, target, { instances, known }).map((place) => ({
      ...place,
      repositories: theirs.map(({ repository }) => repository),
    })),
  );
  const nearer = places.filter(({ instance }) => distance(instance, target) <= distance(source, target));
  return nearestFirst(nearer, target).slice(0, MOST_SIBLINGS);
}

/** Whether anything could be nearer to a target than a source is, as far as regions tell. */
export function mayHaveNearer(source: Instance, target: Instance): boolean {
  return source.spec.account === target.spec.account && distance(source, target) > 0;
}

/** Where an agent finds an instance that may be read from in place of the source; none where a law forbids it. */
function placeOf(
  name: string,
  agent: Pick<AgentPlace, "name" | "networks">,
  source: Instance,
  target: Instance,
  { instances, known }: { readonly instances: ReadonlyMap<string, Instance>; readonly known: KnownReach },
): SiblingPlace[] {
  const instance = name === source.name || name === target.name ? undefined : instances.get(name);
  if (instance === undefined || !mayBeRead(instance, source, target)) return [];
  const endpoint = endpointFor(agent, instance, known);
  return endpoint === undefined ? [] : [{ instance, endpoint }];
}

/** The one place that says which sibling is nearer than another, as far as the control plane knows. */
function nearestFirst<P extends SiblingPlace>(places: readonly P[], target: Instance): P[] {
  return places.toSorted((a, b) => distance(a.instance, target) - distance(b.instance, target));
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
  const accounts = [source.spec.account, target.spec.account];
  return accounts.every((account) => account === spec.account) && borders.includes(spec.border);
}

function distance({ spec }: Instance, target: Instance): number {
  if (spec.region === target.spec.region) return 0;
  return spec.border !== undefined && spec.border === target.spec.border ? 1 : 2;
}
