import type { Hint } from "./formats/hint.ts";

/** How long a hint makes one that says the same superfluous, in milliseconds: registries send an event again when our answer was late. */
export const REPEAT_MS = 10_000;
const MOST_REMEMBERED = 10_000;

interface Seen {
  readonly what: string;
  readonly at: number;
}

/** The newest hint of each tag. Only the newest counts: a tag that went to another digest and back has changed twice. */
export class RecentHints {
  readonly #seen = new Map<string, Seen>();

  /** Whether the newest hint about the same tag said the same, and is not long ago. Without a digest nobody can tell. */
  isRepeat(instance: string, hint: Hint, now: Date): boolean {
    const seen = this.#seen.get(keyOf(instance, hint));
    const age = seen === undefined ? Number.POSITIVE_INFINITY : now.getTime() - seen.at;
    return hint.digest !== undefined && seen?.what === whatOf(hint) && age >= 0 && age < REPEAT_MS;
  }

  remember(instance: string, hint: Hint, now: Date): void {
    const key = keyOf(instance, hint);
    // Deleting first moves it to the young end of the map.
    this.#seen.delete(key);
    this.#seen.set(key, { what: whatOf(hint), at: now.getTime() });
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= MOST_REMEMBERED) return;
      this.#seen.delete(oldest);
    }
  }
}

function keyOf(instance: string, { repository, tag = "" }: Hint): string {
  return `${instance}/${repository}:${tag}`;
}

function whatOf({ action, digest = "" }: Hint): string {
  return `${action} ${digest}`;
}
