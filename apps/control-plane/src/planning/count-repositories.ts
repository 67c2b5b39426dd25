/** Repositories that are remembered. Agents list few at once, so one that has not come up for so many others is finished. */
const REMEMBERED = 4096;

/** Counts repositories in a stream of their names, in memory that does not grow with them. */
export class RepositoryCount {
  readonly #recent = new Set<string>();
  #count = 0;

  get value(): number {
    return this.#count;
  }

  add(names: Iterable<string>): void {
    for (const name of names) {
      // Deleting first moves the name to the young end of the set.
      if (!this.#recent.delete(name)) this.#count++;
      this.#recent.add(name);
      for (const oldest of this.#recent) {
        if (this.#recent.size <= REMEMBERED) break;
        this.#recent.delete(oldest);
      }
    }
  }
}
