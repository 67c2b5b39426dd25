import { TransshipError } from "@transship/errors";
import { WakeUp } from "../wake-up.ts";
import { AgentPlaces } from "./agent-places.ts";
import type { AgentSession } from "./agent-session.ts";

/** The agents whose streams are open: one stream an agent. */
export class ConnectedAgents {
  readonly #sessions = new Map<string, AgentSession>();
  readonly #waiting = new Set<WakeUp>();
  #places: AgentPlaces | undefined;

  /** Takes the place of an older stream of the same agent, which ends: after a broken link the new one is the real one. */
  join(session: AgentSession): void {
    const older = this.#sessions.get(session.name);
    this.#sessions.set(session.name, session);
    session.watch(() => this.changed());
    this.changed();
    older?.end(new TransshipError("CONFLICT", { what: `the stream of agent ${session.name}`, why: "the agent opened a newer one" }));
    for (const wakeUp of this.#waiting) wakeUp.wake();
  }

  /** Removes the session; false where a newer one has taken its place, and the agent is not gone. */
  leave(session: AgentSession): boolean {
    if (this.#sessions.get(session.name) !== session) return false;
    this.changed();
    return this.#sessions.delete(session.name);
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
    this.#places ??= new AgentPlaces(this.all().filter(({ ready }) => ready));
    return this.#places;
  }

  /** To be called when anything changed that placing looks at: who is ready, or what is known of where agents are. */
  changed(): void {
    this.#places = undefined;
  }

  /** Ends when an agent connects, after `ms` milliseconds, or when `signal` aborts. */
  async nextToJoin(ms: number, signal: AbortSignal): Promise<void> {
    const wakeUp = new WakeUp();
    this.#waiting.add(wakeUp);
    await wakeUp.sleep(ms, signal);
    this.#waiting.delete(wakeUp);
  }
}
