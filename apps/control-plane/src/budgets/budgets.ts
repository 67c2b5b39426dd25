import { limitsToMessage, type wire } from "@transship/api";
import { divideLimits, type Instance, type Limits, mostSharers, type Rule } from "@transship/model";
import type { HeldTask } from "@transship/store";
import type { AgentSession } from "../work/agent-session.ts";
import type { ConnectedAgents } from "../work/connected-agents.ts";
import { Pauses } from "./pauses.ts";
import { type SharedTask, Sharers } from "./sharers.ts";

/** Shares by agent; undefined = there is no limit. Who has no part in it is missing. */
type Division = ReadonlyMap<string, Limits | undefined>;

/**
 * Divides the limits of instances and rules among the agents that work with them now, and tells each its share before the work that it is for: however many tasks
 * run wherever, together they keep to what was set. Pauses that a registry asked one agent for reach the others.
 */
export class Budgets {
  readonly #agents: ConnectedAgents;
  readonly #now: () => Date;
  readonly #sharers = new Sharers();
  readonly #pauses = new Pauses();
  readonly #limits = new Map<string, Limits>();
  readonly #rates = new Map<string, number>();
  /** Instances and rules that had limits once: that they have none any more is to be told too. */
  readonly #everLimited = { instances: new Set<string>(), rules: new Set<string>() };
  /** What each stream was told, by what it is about. */
  readonly #told = new WeakMap<AgentSession, Map<string, string>>();

  constructor(agents: ConnectedAgents, now: () => Date) {
    this.#agents = agents;
    this.#now = now;
  }

  /** Takes limits and work as they are stored now, and tells agents what changed. */
  refresh(instances: readonly Instance[], rules: readonly Rule[], held: readonly HeldTask[]): void {
    this.#limits.clear();
    this.#rates.clear();
    for (const instance of instances) this.#learn(instance);
    for (const { name, spec } of rules) {
      if (spec.limits?.bytesPerSecond === undefined) continue;
      this.#rates.set(name, spec.limits.bytesPerSecond);
      this.#everLimited.rules.add(name);
    }
    this.#sharers.replace(held);
    this.#tellAll();
  }

  /** Whether only so many agents may work with an instance at a time. */
  isCapped(instance: string): boolean {
    const limits = this.#limits.get(instance);
    return limits !== undefined && Number.isFinite(mostSharers(limits));
  }

  /** Whether an agent may work with an instance: it has a share, or there is one left. */
  mayJoin(agent: string, instance: string): boolean {
    const limits = this.#limits.get(instance);
    if (limits === undefined) return true;
    const most = mostSharers(limits);
    const sharers = this.#sharers.withTasks(instance);
    const place = sharers.indexOf(agent);
    return place === -1 ? sharers.length < most : place < most;
  }

  /** An agent is about to get a task: tells everybody the new shares, it among them. */
  begin(task: SharedTask): void {
    this.#sharers.add(task);
    this.#tellOf(task);
  }

  /** An agent is done with a task, or has it no more: its share goes to the others. */
  end(taskId: string): void {
    const task = this.#sharers.end(taskId);
    if (task !== undefined) this.#tellOf(task);
  }

  /** An agent is about to be asked about an instance. To be disposed of when it has answered. */
  ask(agent: string, instance: Instance): Disposable {
    this.#learn(instance);
    const asked = this.#sharers.ask(agent, instance.name, this.#now);
    this.#tell([instance.name], []);
    return asked;
  }

  /** An agent's share of an instance; undefined where there are no limits, or it has no part in them. */
  shareOf(agent: string, instance: string): Limits | undefined {
    if (!this.#limits.has(instance)) return undefined;
    return this.#divide(instance).get(agent);
  }

  /** An agent told how it stands with registries: pauses go on to the others. */
  heard(session: AgentSession, { gates }: wire.Gates): void {
    let news = false;
    for (const { instance, pausedForMs } of gates) news = this.#pauses.take(session.name, instance, pausedForMs, this.#now()) || news;
    if (news) this.#tellAll();
  }

  #learn({ name, spec }: Instance): void {
    if (spec.limits === undefined) this.#limits.delete(name);
    else this.#limits.set(name, spec.limits);
    if (spec.limits !== undefined) this.#everLimited.instances.add(name);
  }

  #tellAll(): void {
    this.#tell([...this.#everLimited.instances, ...this.#pauses.names(this.#now())], this.#everLimited.rules);
  }

  #tellOf({ source, target, siblings, rule }: SharedTask): void {
    this.#tell([source, target, ...siblings], [rule]);
  }

  /** Tells those who share these what is news to them. */
  #tell(instances: readonly string[], rules: Iterable<string>): void {
    const paused = this.#pauses.names(this.#now());
    const news = new Map<string, { readonly instances: wire.InstanceShare[]; readonly rules: wire.RuleShare[] }>();
    const of = (agent: string) => {
      const known = news.get(agent) ?? { instances: [], rules: [] };
      news.set(agent, known);
      return known;
    };
    for (const name of new Set(instances)) {
      if (!this.#everLimited.instances.has(name) && !paused.includes(name)) continue;
      const division = this.#divide(name);
      for (const session of this.#connected(division)) of(session.name).instances.push(...this.#instanceNews(session, name, division));
    }
    for (const name of rules) {
      if (!this.#everLimited.rules.has(name)) continue;
      const division = this.#divideRule(name);
      for (const session of this.#connected(division)) of(session.name).rules.push(...this.#ruleNews(session, name, division));
    }
    for (const [agent, budget] of news) {
      if (budget.instances.length + budget.rules.length > 0) this.#agents.get(agent)?.send({ $case: "budget", value: budget });
    }
  }

  #connected(division: Division): AgentSession[] {
    return [...division.keys()].flatMap((agent) => this.#agents.get(agent) ?? []);
  }

  #instanceNews(session: AgentSession, instance: string, division: Division): wire.InstanceShare[] {
    if (!division.has(session.name)) return [];
    const limits = division.get(session.name);
    const changed = this.#changes(session, `instance ${instance}`, limits === undefined ? NOTHING : JSON.stringify(limits));
    const forMs = this.#pauses.forOther(session.name, instance, this.#now());
    const paused = forMs > 0 && this.#changes(session, `pause ${instance}`, String(this.#pauses.until(instance)));
    return changed || paused ? [{ instance, limits: limitsToMessage(limits), pausedForMs: paused ? forMs : 0 }] : [];
  }

  #ruleNews(session: AgentSession, rule: string, division: Division): wire.RuleShare[] {
    if (!division.has(session.name)) return [];
    const bytesPerSecond = division.get(session.name)?.bytesPerSecond ?? 0;
    const changed = this.#changes(session, `rule ${rule}`, bytesPerSecond === 0 ? NOTHING : String(bytesPerSecond));
    return changed ? [{ rule, bytesPerSecond }] : [];
  }

  /** Whether this is news for the agent; from here on it is known to it. */
  #changes(session: AgentSession, about: string, value: string): boolean {
    const told = this.#told.get(session) ?? new Map<string, string>();
    this.#told.set(session, told);
    const before = told.get(about) ?? NOTHING;
    told.set(about, value);
    return before !== value;
  }

  #divide(instance: string): Division {
    return division(this.#sharers.of(instance, this.#now()), this.#limits.get(instance));
  }

  #divideRule(rule: string): Division {
    const bytesPerSecond = this.#rates.get(rule);
    return division(this.#sharers.ofRule(rule), bytesPerSecond === undefined ? undefined : { bytesPerSecond });
  }
}

/** What an agent knows before it was told anything: that there is no limit. */
const NOTHING = "";

/** Those for whom there is no share left come last; they only look something up, and cannot wait with it until others have done their tasks. */
function division(sharers: readonly string[], limits: Limits | undefined): Division {
  if (limits === undefined) return new Map(sharers.map((agent) => [agent, undefined]));
  const shares = divideLimits(limits, sharers.length);
  return new Map(sharers.map((agent, place) => [agent, shares[place] ?? leastOf(limits, sharers.length)]));
}

function leastOf({ bytesPerSecond, requestsPerSecond, connections }: Limits, sharers: number): Limits {
  return {
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond: 1 }),
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond: requestsPerSecond / sharers }),
    ...(connections === undefined ? {} : { connections: 1 }),
  };
}
