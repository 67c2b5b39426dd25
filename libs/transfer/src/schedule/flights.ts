/** Work under way, by key: whoever comes second waits for the first instead of doing it again. */
export class Flights {
  readonly #underWay = new Map<string, Promise<void>>();

  /** The end of the work under a key, whichever way it ends; undefined where none is under way. */
  landing(key: string): Promise<void> | undefined {
    return this.#underWay.get(key)?.catch(() => undefined);
  }

  /** Does the work, visible to others under the key until it ends. The caller has made sure that none is under way. */
  async fly(key: string, work: () => Promise<void>): Promise<void> {
    const flight = work();
    this.#underWay.set(key, flight);
    try {
      await flight;
    } finally {
      this.#underWay.delete(key);
    }
  }
}
