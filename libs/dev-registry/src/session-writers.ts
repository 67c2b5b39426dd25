interface Writer {
  readonly stop: () => void;
  readonly done: Promise<void>;
}

/**
 * Who is writing to an upload session. A client that lost its connection and resumes may come before the server has
 * noticed the loss; the newer request wins, and the older one is cut off before the newer one looks at the offset.
 */
export class SessionWriters {
  readonly #writers = new Map<string, Writer>();

  /** Waits for the session, cutting off the request that holds it, then holds it until disposed of. */
  async enter(id: string, stop: () => void): Promise<Disposable> {
    for (let holder = this.#writers.get(id); holder !== undefined; holder = this.#writers.get(id)) {
      holder.stop();
      await holder.done;
    }
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#writers.set(id, { stop, done });
    return {
      [Symbol.dispose]: () => {
        this.#writers.delete(id);
        resolve();
      },
    };
  }
}
