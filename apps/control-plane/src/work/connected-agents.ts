import { isDeepStrictEqual } from "node:util";
import { TransshipError } from "@transship/errors";
import type { LabelledAgent } from "@transship/model";
import { WakeUp } from "../wake-up.ts";
import type { ReachView } from "./agent-group.ts";
import { AgentPlaces } from "./agent-places.ts";
import type { AgentSession } from "./agent-session.ts";

/** The agents whose streams are open: one stream an agent. */
export class ConnectedAgents {
  readonly #sessions = new Map<string, AgentSession>();
  readonly #waiting = new Set<WakeUp>();
  readonly #reach: ReachView;
  #places: AgentPlaces | undefined;
  /** What was known of who reaches what when they were placed. */
  #version = 0;

  constructor(reach: ReachView) {
    this.#reach = reach;
  }

  /** Takes the place of an older stream of the same agent, which ends: after a broken link the new one is the real one. */
  join(session: AgentSession): void {
    const older = this.#sessions.get(session.name);
    this.#sessions.set(session.name, session);
    session.watch(() => this.changed());
    this.changed();
    older?.end(new TransshipError("CONFLICT", { what: `the stream of agent ${session.name}`, why: "the agent opened a newer one" }));
    this.#wake();
  }

  /** An agent reaches something that it did not reach before, or the other way round: those who wait for an agent look again. */
  reachChanged(): void {
    this.#wake();
  }

  /** The agent was heard of: if it hung, it does no longer. */
  heard(session: AgentSession): void {
    if (!session.stalled) return;
    session.stalled = false;
    this.#wake();
  }

  /** Removes the session; false where a newer one has taken its place, and the agent is not gone. */
  leave(session: AgentSession): boolean {
    if (this.#sessions.get(session.name) !== session) return false;
    this.changed();
    return this.#sessions.delete(session.name);
  }

  /** Labels changed: by the agents as they are stored now. What waits for an agent looks again. */
  relabel(agents: readonly LabelledAgent[]): void {
    for (const { name, labels } of agents) {
      const session = this.#sessions.get(name);
      if (session === undefined || isDeepStrictEqual(session.labels, labels)) continue;
      session.labels = labels;
      this.changed();
    }
    for (const wakeUp of this.#waiting) wakeUp.wake();
  }

  get(name: string): AgentSession | undefined {
    return this.#sessions.get(name);
  }

  all(): AgentSession[] {
    return [...this.#sessions.values()];
  }

  /** Those that may get something new to do. */
  ready(): readonly AgentSession[] {
    return this.places().ready;
  }

  /** The ready agents by where they are: the same object as long as they are the same, so that what was worked out from it can be kept with it. */
  places(): AgentPlaces {
    if (this.#places !== undefined && this.#version === this.#reach.version) return this.#places;
    this.#version = this.#reach.version;
    this.#places = new AgentPlaces(
      this.all().filter(({ ready }) => ready),
      this.#reach,
    );
    return this.#places;
  }

  /** To be called when anything changed that placing looks at, other than what agents reach: who is ready, and labels. */
  changed(): void {
    this.#places = undefined;
  }

  /** Those that are connected and hang, of which something may be heard again. */
  stalled(): AgentSession[] {
    return this.all().filter((session) => session.stalled && !session.draining && !session.revoked && !session.gone.aborted);
  }

  /** Ends when an agent connects, is labelled anew, reaches something else or is heard of again, after `ms` milliseconds, or when `signal` aborts. */
  async nextReady(ms: number, signal: AbortSignal): Promise<void> {
    const wakeUp = new WakeUp();
    this.#waiting.add(wakeUp);
    await wakeUp.sleep(ms, signal);
    this.#waiting.delete(wakeUp);
  }

  #wake(): void {
    for (const wakeUp of this.#waiting) wakeUp.wake();
  }
}
