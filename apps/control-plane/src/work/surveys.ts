import { setImmediate as breathe } from "node:timers/promises";
import { endpointToMessage, type wire } from "@transship/api";
import { type Endpoint, type Instance, namedInstances, type SurveyPlace, surveyPlaces } from "@transship/model";
import type { Logger } from "pino";
import type { KnownTopology } from "../topology/known-topology.ts";
import { WakeUp } from "../wake-up.ts";
import type { AgentSession } from "./agent-session.ts";
import type { ConnectedAgents } from "./connected-agents.ts";
import type { ReachBoard } from "./reach-board.ts";

/** Time between two looks of one agent at one place, in milliseconds: at least, and at most however many agents there are. */
const LOOK_EVERY_MS = 5 * 60_000;
const LONGEST_MS = 60 * 60_000;
/** Each agent adds so many milliseconds to it: all agents together look at a registry at most ten times a second. */
const PER_AGENT_MS = 100;
/** Changes and agents that come in a row are answered at once after so many milliseconds. */
const GATHER_MS = 50;
/** Lists that are sent before others get their turn. */
const SENT_AT_ONCE = 50;
/** After a store that failed. */
const AGAIN_MS = 5_000;

/** What surveying needs. */
export interface SurveyDesk {
  readonly topology: Pick<KnownTopology, "current">;
  readonly agents: ConnectedAgents;
  readonly reach: ReachBoard;
  readonly log: Logger;
}

/** A place as it is told to all agents that it may concern. */
interface ToldPlace {
  readonly place: wire.SurveyPlace;
  /** Everything that is told of it, to compare. */
  readonly text: string;
}

/** What agents of one region, border and networks are asked to look at. */
type Survey = readonly ToldPlace[];

/** Tells each agent which endpoints may concern it: when it comes, and when instances or rules change. Agents of one region, border and networks share one list. */
export class Surveys {
  readonly #wakeUp = new WakeUp();
  readonly #told = new WeakMap<AgentSession, Survey>();
  readonly #surveys = new Map<string, Survey>();
  #instances: readonly Instance[] = [];
  /** One object for all agents that a place is told to: they may be many thousands. */
  #places = new WeakMap<Endpoint, ToldPlace>();
  #stale = true;

  /** Instances or rules are others now. */
  changed(): void {
    this.#stale = true;
    this.#wakeUp.wake();
  }

  /** An agent connected. */
  joined(): void {
    this.#wakeUp.wake();
  }

  /** The loop that tells. Ends when `signal` aborts. */
  async run(desk: SurveyDesk, signal: AbortSignal): Promise<void> {
    const pause = new WakeUp();
    while (!signal.aborted) {
      await this.#wakeUp.sleep(undefined, signal);
      await pause.sleep(GATHER_MS, signal);
      if (signal.aborted) return;
      try {
        await this.#tell(desk);
      } catch (thrown) {
        desk.log.warn({ err: thrown }, "agents were not told what to look at");
        this.#wakeUp.wake();
        await pause.sleep(AGAIN_MS, signal);
      }
    }
  }

  async #tell({ topology, agents, reach }: SurveyDesk): Promise<void> {
    if (this.#stale) await this.#read(topology);
    const sessions = agents.all();
    const everyMs = Math.min(LONGEST_MS, Math.max(LOOK_EVERY_MS, sessions.length * PER_AGENT_MS));
    let sent = 0;
    for (const session of sessions) {
      const survey = this.#surveyFor(session);
      const told = this.#told.get(session);
      if (told === survey) continue;
      this.#told.set(session, survey);
      if (told !== undefined && isSame(told, survey)) continue;
      const kept = new Set(survey.map(({ text }) => text));
      for (const { place, text } of told ?? []) if (!kept.has(text)) reach.forget(session.name, place.instance, place.endpoint?.url ?? "");
      session.send({ $case: "survey", value: { places: survey.map(({ place }) => place), everyMs } });
      // A change may concern thousands of agents, and others wait for the same thread.
      sent += 1;
      if (sent % SENT_AT_ONCE === 0) await breathe();
    }
  }

  async #read(topology: SurveyDesk["topology"]): Promise<void> {
    // A change that comes while this reads makes it read again.
    this.#stale = false;
    try {
      const { instances, rules } = await topology.current();
      this.#instances = namedInstances([...instances.values()], [...rules.values()]);
      this.#surveys.clear();
    } catch (thrown) {
      this.#stale = true;
      throw thrown;
    }
  }

  #surveyFor({ region, border, networks }: AgentSession): Survey {
    const key = JSON.stringify([region, border, networks]);
    const known = this.#surveys.get(key);
    if (known !== undefined) return known;
    const survey = surveyPlaces({ region, border, networks }, this.#instances).map((one) => this.#placeOf(one));
    this.#surveys.set(key, survey);
    return survey;
  }

  #placeOf({ instance, endpoint }: SurveyPlace): ToldPlace {
    const known = this.#places.get(endpoint);
    if (known !== undefined) return known;
    const place = { instance: instance.name, endpoint: endpointToMessage(endpoint), provider: instance.spec.provider };
    const told = { place, text: JSON.stringify(place) };
    this.#places.set(endpoint, told);
    return told;
  }
}

function isSame(a: Survey, b: Survey): boolean {
  return a.length === b.length && a.every((one, index) => one.text === b[index]?.text);
}
