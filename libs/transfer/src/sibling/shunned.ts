/** How long a registry that failed as a sibling is left alone, in milliseconds: the source has everything, so there is no hurry to come back. */
const SHUNNED_MS = 60_000;

/** Registries that failed as siblings lately. */
export class Shunned {
  readonly #until = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  has(registry: string): boolean {
    return (this.#until.get(registry) ?? 0) > this.#now();
  }

  add(registry: string): void {
    this.#until.set(registry, this.#now() + SHUNNED_MS);
  }
}
