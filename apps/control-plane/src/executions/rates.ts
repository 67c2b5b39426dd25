/** What moved within so many milliseconds counts as lately. */
const LATELY_MS = 20_000;
/** Over less than this a rate says nothing. */
const LEAST_MS = 1_000;
/** Reports within so many milliseconds count as one. */
const TOGETHER_MS = 100;

interface Moved {
  readonly at: number;
  bytes: number;
}

/** How fast executions fetch, from what agents report. In memory: after a restart it is known again within seconds. */
export class Rates {
  readonly #moved = new Map<string, Moved[]>();
  readonly #since = new Map<string, number>();

  /** So many bytes of an execution were fetched since the report before. */
  add(execution: string, bytes: number, now: Date): void {
    const at = now.getTime();
    if (bytes <= 0) return;
    // The first report tells of bytes that moved before it: they begin the measurement and are no part of it.
    if (!this.#since.has(execution)) this.#since.set(execution, at);
    else this.#add(execution, bytes, at);
  }

  /** Bytes per second; 0 where nothing moved lately. */
  of(execution: string, now: Date): number {
    const at = now.getTime();
    const lately = this.#lately(execution, at);
    const overMs = Math.min(LATELY_MS, at - (this.#since.get(execution) ?? at));
    if (lately.length === 0 || overMs < LEAST_MS) return 0;
    return Math.round((lately.reduce((sum, { bytes }) => sum + bytes, 0) / overMs) * 1000);
  }

  forget(execution: string): void {
    this.#moved.delete(execution);
    this.#since.delete(execution);
  }

  #add(execution: string, bytes: number, at: number): void {
    const moved = this.#moved.get(execution);
    const last = moved?.at(-1);
    // What comes together counts together: an execution may have thousands of reports a second.
    if (last !== undefined && at - last.at < TOGETHER_MS && at >= last.at) last.bytes += bytes;
    else this.#moved.set(execution, [...this.#lately(execution, at), { at, bytes }]);
  }

  #lately(execution: string, now: number): Moved[] {
    return (this.#moved.get(execution) ?? []).filter(({ at }) => now - at < LATELY_MS);
  }
}
