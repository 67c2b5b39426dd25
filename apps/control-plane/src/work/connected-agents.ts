import { TransshipError } from "@transship/errors";
import { WakeUp } from "../wake-up.ts";
import { AgentPlaces } from "./agent-places.ts";
import type { AgentSession } from "./agent-session.ts";

/** The agents whose streams are open: one stream an agent. */
export class ConnectedAgents {
  readonly #sessions = new Map<string, AgentSession>();
  readonly #waiting = new Set<WakeUp>();
  #ready: readonly AgentSession[] = [];
  #places: AgentPlaces | undefined;

  /** Takes the place of an older stream of the same agent, which ends: after a broken link the new one is the real one. */
  join(session: AgentSession): void {
    const older = this.#sessions.get(session.name);
    this.#sessions.set(session.name, session);
    older?.end(new TransshipError("CONFLICT", { what: `the stream of agent ${session.name}`, why: "the agent opened a newer one" }));
    for (const wakeUp of this.#waiting) wakeUp.wake();
  }

  /** Removes the session; false where a newer one has taken its place, and the agent is not gone. */
  leave(session: AgentSession): boolean {
    if (this.#sessions.get(session.name) !== session) return false;
    return this.#sessions.delete(session.name);
  }

  get(name: string): AgentSession | undefined {
    return this.#sessions.get(name);
  }

  all(): AgentSession[] {
    return [...this.#sessions.values()];
  }

  /** Those that may get something new to do: the same array as long as they are the same, so that what was worked out from it can be kept beside it. */
  ready(): readonly AgentSession[] {
    const ready = this.all().filter((session) => !session.draining && !session.stalled && !session.gone.aborted);
    if (ready.length !== this.#ready.length || ready.some((session, index) => session !== this.#ready[index])) this.#ready = ready;
    return this.#ready;
  }

  /** The ready agents by where they are. */
  places(): AgentPlaces {
    const ready = this.ready();
    if (this.#places?.ready !== ready) this.#places = new AgentPlaces(ready);
    return this.#places;
  }

  /** Ends when an agent connects, after `ms` milliseconds, or when `signal` aborts. */
  async nextToJoin(ms: number, signal: AbortSignal): Promise<void> {
    const wakeUp = new WakeUp();
    this.#waiting.add(wakeUp);
    await wakeUp.sleep(ms, signal);
    this.#waiting.delete(wakeUp);
  }
}
