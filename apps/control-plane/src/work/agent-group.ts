import { type Instance, type KnownReach, roundTripClass } from "@transship/model";
import type { AgentSession } from "./agent-session.ts";

/** What is known of who reaches what, for those who keep what they work out from it. */
export interface ReachView extends KnownReach {
  /** Another number whenever who reaches what, or how far it is, became another. */
  readonly version: number;
  /** What an agent is known not to reach: the same text for the same, empty for nothing. */
  unreached(agent: string): string;
  /** Whether any agent said anything of an instance. */
  knows(instance: string): boolean;
}

/** Shortest and longest round trip of those who measured, in milliseconds. */
interface Times {
  readonly shortest: number;
  readonly longest: number;
}

/** Agents that go the same ways by the same endpoints; round trips are all that may tell them apart. */
export class AgentGroup {
  readonly members: readonly AgentSession[];
  /** Is ranked in place of all. */
  readonly head: AgentSession;
  readonly #reach: ReachView;
  readonly #times = new Map<string, Times | undefined>();

  /** `members`: one at least. */
  constructor(members: readonly AgentSession[], reach: ReachView) {
    this.members = members;
    this.head = members[0] as AgentSession;
    this.#reach = reach;
  }

  /** Of the way to an endpoint of an instance; undefined where nobody measured. */
  times({ name }: Pick<Instance, "name">, url: string): Times | undefined {
    if (!this.#reach.knows(name)) return undefined;
    const key = `${name} ${url}`;
    const known = this.#times.get(key);
    if (known !== undefined || this.#times.has(key)) return known;
    let [shortest, longest] = [Number.POSITIVE_INFINITY, 0];
    for (const agent of this.members) {
      const ms = this.#reach.of(agent.name, name, url)?.roundTripMs;
      if (ms === undefined) continue;
      shortest = Math.min(shortest, ms);
      longest = Math.max(longest, ms);
    }
    const times = shortest === Number.POSITIVE_INFINITY ? undefined : { shortest, longest };
    this.#times.set(key, times);
    return times;
  }

  /** Members about as near to an endpoint as `bestMs`, or that have not measured yet; undefined = all of them. */
  within(instance: Pick<Instance, "name">, url: string, bestMs: number): ReadonlySet<AgentSession> | undefined {
    const times = this.times(instance, url);
    if (times === undefined || roundTripClass(times.longest, bestMs) === 0) return undefined;
    const near = this.members.filter(({ name }) => {
      const ms = this.#reach.of(name, instance.name, url)?.roundTripMs;
      return ms === undefined || roundTripClass(ms, bestMs) === 0;
    });
    return new Set(near);
  }
}
