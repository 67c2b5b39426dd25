import { failureFromMessage, failureToError, storedFailureToMessage, type wire } from "@transship/api";
import { type KnownReach, MOST_SURVEYED, type Reach, roundTripClass } from "@transship/model";
import { safeFailure } from "../logs/failure-facts.ts";
import type { ReachView } from "./agent-group.ts";

/** Endpoints that are remembered of one agent; a little more than it is asked about, since lists change. */
const MOST_PLACES = 2 * MOST_SURVEYED;
/** Characters of an instance's name and a URL together. */
const LONGEST = 2_000;
/** Endpoints told of one instance. */
const MOST_TOLD = 1_000;
/** Names and URLs that are shared among agents. */
const MOST_TEXTS = 10_000;

interface Found extends Reach {
  readonly url: string;
  readonly failure: wire.Failure | undefined;
  /** Milliseconds since the epoch: when the agent lost what it had reached; undefined where it never had. */
  readonly lostAt: number | undefined;
}

/** By instance. Most have one endpoint that concerns an agent, and a list of one costs as much as what is in it. */
type OfAgent = Map<string, Found | readonly Found[]>;

/** Which endpoints the connected agents truly reach, by what each said last. In memory: it comes again with the agent's next stream. */
export class ReachBoard implements ReachView {
  readonly #byAgent = new Map<string, OfAgent>();
  /** How many agents said anything of each instance. */
  readonly #known = new Map<string, number>();
  /** Worked out when asked for, and again after the agent said something else. */
  readonly #unreached = new Map<string, string>();
  #version = 0;
  readonly #texts = new Map<string, string>();

  get version(): number {
    return this.#version;
  }

  knows(instance: string): boolean {
    return this.#known.has(instance);
  }

  unreached(agent: string): string {
    const known = this.#unreached.get(agent);
    if (known !== undefined) return known;
    const own = [...(this.#byAgent.get(agent) ?? [])].flatMap(([instance, found]) =>
      listOf(found)
        .filter(({ reached }) => !reached)
        .map(({ url }) => `${instance} ${url}`),
    );
    const text = this.#shared(own.sort().join("\n"));
    this.#unreached.set(agent, text);
    return text;
  }

  of(agent: string, instance: string, url: string): Reach | undefined {
    return this.#find(agent, instance, url);
  }

  /** What is known, leaving out what an agent lost so many milliseconds ago or less: it may come back in a moment. */
  forgiving(ms: number, now: Date): KnownReach {
    const since = now.getTime() - ms;
    return {
      of: (agent, instance, url) => {
        const found = this.#find(agent, instance, url);
        return found?.lostAt !== undefined && found.lostAt >= since ? undefined : found;
      },
    };
  }

  /** Takes what an agent says at `now`: its durations become moments of this clock. True where that may change who does what. */
  take(agent: string, { endpoints }: wire.Reach, now: Date): boolean {
    const own = this.#byAgent.get(agent) ?? (new Map() as OfAgent);
    this.#byAgent.set(agent, own);
    let news = false;
    for (const said of endpoints) {
      const before = this.#find(agent, said.instance, said.url);
      if (before === undefined && (sizeOf(own) >= MOST_PLACES || said.instance.length + said.url.length > LONGEST)) continue;
      const found = foundOf({ ...said, url: this.#shared(said.url) }, before, now);
      if (!own.has(said.instance)) this.#known.set(this.#shared(said.instance), (this.#known.get(said.instance) ?? 0) + 1);
      const others = listOf(own.get(said.instance)).filter(({ url }) => url !== said.url);
      own.set(this.#shared(said.instance), others.length === 0 ? found : [...others, found]);
      if (before?.reached !== found.reached || before.roundTripMs !== found.roundTripMs) this.#changed(agent);
      news ||= isNews(before, found);
    }
    return news;
  }

  /** What the agent found is about an endpoint that is another now, or is none of its business any more. */
  forget(agent: string, instance: string, url: string): void {
    const own = this.#byAgent.get(agent);
    const left = listOf(own?.get(instance)).filter((found) => found.url !== url);
    if (left.length > 0) own?.set(instance, left.length === 1 ? (left[0] as Found) : left);
    else if (own?.delete(instance) === true) this.#knowsLess(instance);
    this.#changed(agent);
  }

  /** The agent is gone, and with it what it knew. */
  leave(agent: string): void {
    for (const instance of this.#byAgent.get(agent)?.keys() ?? []) this.#knowsLess(instance);
    this.#byAgent.delete(agent);
    this.#changed(agent);
  }

  /** By instance and URL. */
  ofAgent(agent: string): wire.InstanceReach[] {
    const own = [...(this.#byAgent.get(agent) ?? [])];
    return own.flatMap(([instance, found]) => listOf(found).map((one) => message(agent, instance, one))).sort(byPlace);
  }

  /** Of one instance, by agent and URL. */
  ofInstance(instance: string): wire.InstanceReach[] {
    const all = [...this.#byAgent].flatMap(([agent, own]) => listOf(own.get(instance)).map((one) => message(agent, instance, one)));
    return all.sort(byPlace).slice(0, MOST_TOLD);
  }

  /** Of each instance how many agents reach it by any endpoint, how many by none of those they looked at, and the shortest round trip in milliseconds. */
  sums(): Map<string, { reaching: number; failing: number; nearestMs: number | undefined }> {
    const sums = new Map<string, { reaching: number; failing: number; nearestMs: number | undefined }>();
    for (const own of this.#byAgent.values()) {
      for (const [instance, some] of own) {
        const found = listOf(some);
        const sum = sums.get(instance) ?? { reaching: 0, failing: 0, nearestMs: undefined };
        sums.set(instance, sum);
        if (found.some(({ reached }) => reached)) sum.reaching += 1;
        else sum.failing += 1;
        for (const { roundTripMs } of found)
          if (roundTripMs !== undefined) sum.nearestMs = Math.min(roundTripMs, sum.nearestMs ?? roundTripMs);
      }
    }
    return sums;
  }

  #changed(agent: string): void {
    this.#unreached.delete(agent);
    this.#version += 1;
  }

  #knowsLess(instance: string): void {
    const left = (this.#known.get(instance) ?? 0) - 1;
    if (left > 0) this.#known.set(instance, left);
    else this.#known.delete(instance);
  }

  /** The same text for all agents that say it: they may be many thousands, and say the same. */
  #shared(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MOST_TEXTS) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }

  #find(agent: string, instance: string, url: string): Found | undefined {
    const found = this.#byAgent.get(agent)?.get(instance);
    // Asked for thousands of agents in a row: makes no list.
    if (found === undefined || "url" in found) return found?.url === url ? found : undefined;
    return found.find((one) => one.url === url);
  }
}

function listOf(found: Found | readonly Found[] | undefined): readonly Found[] {
  return found === undefined ? [] : "url" in found ? [found] : found;
}

function foundOf(said: wire.EndpointReach, before: Found | undefined, now: Date): Found {
  const { url, reached, roundTripMs } = said;
  const failure = said.failure === undefined ? undefined : storedFailureToMessage(safeFailure(failureFromMessage(said.failure)));
  const lost = before?.reached === true ? now.getTime() : before?.lostAt;
  return {
    url,
    reached,
    roundTripMs: reached && roundTripMs > 0 ? roundTripMs : undefined,
    why: failure && failureToError(failure).why,
    since: now.getTime() - Math.min(Math.max(0, said.forMs), now.getTime()),
    failure,
    lostAt: reached ? undefined : lost,
  };
}

/** Whether it is reached where it was not, or the other way round, or is nearer or farther than before by a class. */
function isNews(before: Found | undefined, after: Found): boolean {
  if ((before?.reached ?? true) !== after.reached) return true;
  const [shorter, longer] = [before?.roundTripMs ?? 0, after.roundTripMs ?? 0].sort((a, b) => a - b);
  return roundTripClass(longer ?? 0, shorter ?? 0) > 0;
}

function sizeOf(own: OfAgent): number {
  let size = 0;
  for (const found of own.values()) size += listOf(found).length;
  return size;
}

/** The network is the instance's to say: whoever shows this fills it in. */
function message(agent: string, instance: string, found: Found): wire.InstanceReach {
  const { url, reached, roundTripMs = 0, failure, since } = found;
  return { agent, instance, url, network: "", reached, roundTripMs, failure, since: new Date(since).toISOString() };
}

function byPlace(a: wire.InstanceReach, b: wire.InstanceReach): number {
  return order(a.agent, b.agent) || order(a.instance, b.instance) || order(a.url, b.url);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
