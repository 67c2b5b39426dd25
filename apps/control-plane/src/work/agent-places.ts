import { type Candidate, type Instance, rankForCopy } from "@transship/model";
import type { AgentSession } from "./agent-session.ts";

/**
 * Ready agents, grouped by all that ranking looks at except their names: those of a group are equally near to everything, so that one of each, its head, is ranked
 * in place of thousands. Never changes.
 */
export class AgentPlaces {
  /** What it was made of. */
  readonly ready: readonly AgentSession[];
  readonly #groups = new Map<AgentSession, AgentSession[]>();
  readonly #headOf = new Map<AgentSession, AgentSession>();
  /** The nearest heads by source and target; gone with these, when the topology is read again. */
  readonly #nearest = new WeakMap<Instance, WeakMap<Instance, readonly AgentSession[]>>();
  #names: ReadonlySet<string> | undefined;

  constructor(ready: readonly AgentSession[]) {
    this.ready = ready;
    for (const group of Map.groupBy(ready, placeOf).values()) {
      const head = group[0] as AgentSession;
      this.#groups.set(head, group);
      for (const agent of group) this.#headOf.set(agent, head);
    }
  }

  /** The names of all of them. */
  get names(): ReadonlySet<string> {
    this.#names ??= new Set(this.ready.map(({ name }) => name));
    return this.#names;
  }

  /** The head of an agent's group. */
  headOf(agent: AgentSession): AgentSession {
    return this.#headOf.get(agent) ?? agent;
  }

  /** The heads of the groups that are nearest, and equally near, to a copy; none where no agent can do it. */
  nearest(source: Instance, target: Instance): readonly AgentSession[] {
    const ofSource = this.#nearest.get(source) ?? new WeakMap<Instance, readonly AgentSession[]>();
    this.#nearest.set(source, ofSource);
    const known = ofSource.get(target);
    if (known !== undefined) return known;
    const heads = rankForCopy([...this.#groups.keys()], source, target);
    const found = heads.filter(({ rank }) => rank === heads[0]?.rank).map(({ agent }) => agent);
    ofSource.set(target, found);
    return found;
  }

  /** Agents that reach an instance, nearest first; the sort of those that are never asked for is spared. */
  *ranked(instance: Instance): Generator<Candidate<AgentSession>, void, undefined> {
    const heads = rankForCopy([...this.#groups.keys()], instance, instance);
    for (const sameRank of Map.groupBy(heads, ({ rank }) => rank).values()) {
      const agents = sameRank.flatMap(({ agent }) => this.#groups.get(agent) ?? []);
      yield* rankForCopy(agents, instance, instance);
    }
  }
}

/** What `rankForCopy` decides by. */
function placeOf({ region, border, networks }: AgentSession): string {
  return JSON.stringify([region, border, networks]);
}
