/** Work that several callers wait for and that is done once. It is nobody's own, so no caller's signal ends it; a caller that is aborted stops waiting. */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>();

  async run(key: string, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    const known = this.#running.get(key);
    const running = known ?? work().finally(() => this.#running.delete(key));
    if (known === undefined) this.#running.set(key, running);
    if (signal === undefined) return await running;
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await Promise.race([running, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}
