/** A pause that ends within so many milliseconds is not worth a message. */
const LEAST_MS = 1_000;
/** What agents say of one pause differs by the time that messages take: later by less than this is no news. */
const SLACK_MS = 1_000;

/** Pauses that registries asked agents for (`Retry-After`), so that the others hear of them. */
export class Pauses {
  readonly #pauses = new Map<string, { readonly until: number; readonly saidTo: string }>();

  /** An agent says that an instance wants to be left alone for so many milliseconds more. True where that is news; what it knows from us is none. */
  take(agent: string, instance: string, forMs: number, now: Date): boolean {
    const until = now.getTime() + forMs;
    if (forMs < LEAST_MS || until <= (this.#pauses.get(instance)?.until ?? 0) + SLACK_MS) return false;
    this.#pauses.set(instance, { until, saidTo: agent });
    return true;
  }

  /** Milliseconds for which an agent that was not told by the registry itself has to wait; 0 = none. */
  forOther(agent: string, instance: string, now: Date): number {
    const pause = this.#pauses.get(instance);
    return pause === undefined || pause.saidTo === agent ? 0 : Math.max(0, pause.until - now.getTime());
  }

  /** When a pause ends, in milliseconds since the epoch. */
  until(instance: string): number {
    return this.#pauses.get(instance)?.until ?? 0;
  }

  /** Instances that want to be left alone now. */
  names(now: Date): string[] {
    for (const [instance, { until }] of this.#pauses) if (until <= now.getTime()) this.#pauses.delete(instance);
    return [...this.#pauses.keys()];
  }
}
