import type { Instance, TaskLeg } from "@transship/model";
import type { WaitingWork } from "@transship/store";
import type { AgentGroup } from "../work/agent-group.ts";
import type { AgentPlaces, Nearest } from "../work/agent-places.ts";
import type { AgentSession } from "../work/agent-session.ts";

/** Work that some agents may do: they are those nearest to where the leg ends. */
export interface Way extends WaitingWork {
  /** The part of the way. */
  readonly leg: TaskLeg;
  /** The two ends of the leg: those of the task, or one of them and the relay. */
  readonly from: Instance;
  readonly to: Instance;
}

/** The two instances that an agent that goes it talks to. */
export function endsOf({ leg, from, to }: Pick<Way, "leg" | "from" | "to">): [source: string, target: string] {
  return [leg === "target" ? to.name : from.name, to.name];
}

/** What a group may do: some of it only members that are nearer than others. */
interface OfGroup {
  readonly forAll: Way[];
  readonly forSome: { readonly way: Way; readonly among: ReadonlySet<AgentSession> }[];
}

/** What agents may do of what waits. */
export class Ways {
  readonly #byGroup = new Map<AgentGroup, OfGroup>();
  /** All ready agents, and those that selectors of rules let through. */
  readonly #places = new Set<AgentPlaces>();
  readonly #mixed = new Map<AgentSession, readonly Way[]>();

  /** `nearest`: of the groups of `places`. */
  add(places: AgentPlaces, nearest: readonly Nearest[], ways: readonly Way[]): void {
    this.#places.add(places);
    for (const { group, among } of nearest) {
      const own = this.#byGroup.get(group) ?? { forAll: [], forSome: [] };
      this.#byGroup.set(group, own);
      if (among === undefined) own.forAll.push(...ways);
      else own.forSome.push(...ways.map((way) => ({ way, among })));
    }
  }

  /** One list for all agents that may do the same, as a rule. */
  of(agent: AgentSession): readonly Way[] {
    const groups = [...this.#places].flatMap((places) => this.#byGroup.get(places.groupOf(agent) as AgentGroup) ?? []);
    const [first] = groups;
    if (first === undefined) return NONE;
    if (groups.length === 1 && first.forSome.length === 0) return first.forAll;
    const known = this.#mixed.get(agent);
    if (known !== undefined) return known;
    const mixed = groups.flatMap(({ forAll, forSome }) => [
      ...forAll,
      ...forSome.filter(({ among }) => among.has(agent)).map(({ way }) => way),
    ]);
    this.#mixed.set(agent, mixed);
    return mixed;
  }
}

const NONE: readonly Way[] = [];
