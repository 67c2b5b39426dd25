/** How long a refused process is spoken of, in milliseconds. */
const REMEMBERED_MS = 3_600_000;

/** Processes that claimed the name of a living agent and were refused: the newest of each name. In memory, since such a process tries again. */
export class Rivals {
  readonly #byName = new Map<string, { readonly host: string | undefined; readonly at: Date }>();

  refused(name: string, host: string | undefined, at: Date): void {
    this.#byName.set(name, { host, at });
  }

  /** A warning about an agent, in a sentence; undefined where there is none. */
  warningFor(name: string, now: Date): string | undefined {
    const rival = this.#byName.get(name);
    if (rival === undefined) return undefined;
    if (now.getTime() - rival.at.getTime() > REMEMBERED_MS) {
      this.#byName.delete(name);
      return undefined;
    }
    const host = rival.host === undefined || rival.host === "" ? "an unknown host" : `host ${rival.host}`;
    return `another process, on ${host}, claimed the name at ${rival.at.toISOString()} and was refused: give that one a name, a token and a data directory of its own`;
  }
}
