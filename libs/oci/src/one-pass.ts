/**
 * A stream of bytes that can be read once. It knows whether reading began, so that nobody sends its bytes twice, and it can be let go unread,
 * which frees what is behind it (the connection of a download that should have been uploaded).
 */
export class OnePass implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>;
  #started = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  get started(): boolean {
    return this.#started;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    this.#started = true;
    return this.#source[Symbol.asyncIterator]();
  }

  /** Ends the source unless it was read: a reader ends it itself. */
  async release(): Promise<void> {
    if (!this.#started) await this[Symbol.asyncIterator]().return?.();
  }
}

/**
 * A generator whose `close` also runs when it is ended before its first step: then the generator's own `finally` does not.
 */
export function closable(generator: AsyncGenerator<Uint8Array>, close: () => Promise<void>): AsyncIterable<Uint8Array> {
  let started = false;
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => {
      started = true;
      return generator.next();
    },
    return: async () => {
      if (!started) await close();
      return await generator.return(undefined);
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
