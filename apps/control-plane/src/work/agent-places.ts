import {
  type AgentSelector,
  type Candidate,
  type Instance,
  type KnownReach,
  rankForCopy,
  selectAgents,
  selectorText,
} from "@transship/model";
import { AgentGroup, type ReachView } from "./agent-group.ts";
import type { AgentSession } from "./agent-session.ts";

/** Agents of a group that are nearest to a copy. */
export interface Nearest {
  readonly group: AgentGroup;
  /** Those of it; undefined = all. */
  readonly among: ReadonlySet<AgentSession> | undefined;
}

/**
 * Ready agents, grouped by all that ranking looks at except their names and round trips: one of each group, its head, is ranked in place of thousands. Never changes;
 * old when {@link ConnectedAgents} or the reach board know something else.
 */
export class AgentPlaces {
  /** What it was made of. */
  readonly ready: readonly AgentSession[];
  readonly #reach: ReachView;
  /** Ways alone: round trips are looked at once the nearest groups are known. */
  readonly #ways: KnownReach;
  readonly #groups: readonly AgentGroup[];
  readonly #groupOf = new Map<AgentSession, AgentGroup>();
  /** By source and target; gone with these, when the topology is read again. */
  readonly #nearest = new WeakMap<Instance, WeakMap<Instance, readonly Nearest[]>>();
  readonly #selected = new Map<string, AgentPlaces>();
  #names: ReadonlySet<string> | undefined;

  constructor(ready: readonly AgentSession[], reach: ReachView) {
    this.ready = ready;
    this.#reach = reach;
    this.#ways = { of: (agent, instance, url) => refusalOf(reach, agent, instance, url) };
    this.#groups = [...Map.groupBy(ready, (agent) => keyOf(agent, reach)).values()].map((members) => new AgentGroup(members, reach));
    for (const group of this.#groups) for (const agent of group.members) this.#groupOf.set(agent, group);
  }

  /** The names of all of them. */
  get names(): ReadonlySet<string> {
    this.#names ??= new Set(this.ready.map(({ name }) => name));
    return this.#names;
  }

  /** Those that a rule's selector lets through. */
  selected(selector: AgentSelector | undefined): AgentPlaces {
    if (selector === undefined) return this;
    const text = selectorText(selector);
    const known = this.#selected.get(text) ?? new AgentPlaces(selectAgents(this.ready, selector), this.#reach);
    this.#selected.set(text, known);
    return known;
  }

  /** Undefined where the agent is none of these. */
  groupOf(agent: AgentSession): AgentGroup | undefined {
    return this.#groupOf.get(agent);
  }

  /** Those that are nearest, and equally near, to a copy; none where no agent can do it. */
  nearest(source: Instance, target: Instance): readonly Nearest[] {
    const ofSource = this.#nearest.get(source) ?? new WeakMap<Instance, readonly Nearest[]>();
    this.#nearest.set(source, ofSource);
    const known = ofSource.get(target) ?? this.#findNearest(source, target);
    ofSource.set(target, known);
    return known;
  }

  /** Agents that reach an instance, nearest first; the sort of those that are never asked for is spared. */
  *ranked(instance: Instance): Generator<Candidate<AgentSession>, void, undefined> {
    for (const sameRank of Map.groupBy(this.#rankGroups(instance, instance), ({ rank }) => rank).values()) {
      const agents = sameRank.flatMap(({ agent }) => this.#groupOf.get(agent)?.members ?? []);
      yield* rankForCopy(agents, instance, instance, this.#reach);
    }
  }

  #rankGroups(source: Instance, target: Instance): Candidate<AgentSession>[] {
    const heads = this.#groups.map(({ head }) => head);
    return rankForCopy(heads, source, target, this.#ways);
  }

  #findNearest(source: Instance, target: Instance): Nearest[] {
    const ranked = this.#rankGroups(source, target);
    const best = ranked
      .filter(({ rank }) => rank === ranked[0]?.rank)
      .flatMap(({ agent, target: { url } }) => {
        const group = this.#groupOf.get(agent);
        return group === undefined ? [] : [{ group, url }];
      });
    const bestMs = Math.min(...best.map(({ group, url }) => group.times(target, url)?.shortest ?? Number.POSITIVE_INFINITY));
    const found = best.map(({ group, url }) => ({ group, among: group.within(target, url, bestMs) }));
    return found.filter(({ among }) => among?.size !== 0);
  }
}

function refusalOf(reach: KnownReach, agent: string, instance: string, url: string) {
  const known = reach.of(agent, instance, url);
  return known?.reached === false ? known : undefined;
}

/** Asked for each agent whenever one comes or goes. */
const places = new WeakMap<AgentSession, string>();

/** What `rankForCopy` decides by, but for round trips. */
function keyOf(agent: AgentSession, reach: ReachView): string {
  const { region, border, networks } = agent;
  const place = places.get(agent) ?? JSON.stringify([region, border, networks]);
  places.set(agent, place);
  const unreached = reach.unreached(agent.name);
  return unreached === "" ? place : `${place} ${unreached}`;
}
