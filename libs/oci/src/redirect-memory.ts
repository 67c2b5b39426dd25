import { signedUrlExpiry } from "./signed-url-expiry.ts";

/** Before a URL expires it is no longer used, in milliseconds: the request has to get there, and clocks differ. */
const MARGIN_MS = 10_000;
/** Blobs whose address is remembered at once; the oldest make way. */
const CAPACITY = 256;

interface Place {
  readonly url: URL;
  /** In milliseconds since the epoch; infinite where the URL does not say: then the storage host does. */
  readonly expiresAt: number;
}

/** Somebody's turn to ask the registry; disposed of once the answer is there. */
export type Turn = Disposable;

/** Where a registry redirects the readers of its blobs to: remembered while the signature holds, since asking again costs every range of a blob a round trip. */
export class RedirectMemory {
  readonly #now: () => number;
  readonly #places = new Map<string, Place>();
  readonly #asking = new Map<string, Promise<void>>();
  /** Whether the registry's newest answer was a redirect: only then is it worth waiting for somebody else's. */
  #usual = false;

  /** `now`: milliseconds since the epoch. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * The address of a blob, or a turn to ask the registry for it. Where the registry is used to redirect, readers of a blob wait for the one whose turn it is, until
   * that one disposes of the turn.
   */
  async find(blob: string): Promise<URL | Turn> {
    for (;;) {
      const place = this.#places.get(blob);
      if (place !== undefined && this.#now() < place.expiresAt - MARGIN_MS) return place.url;
      const asking = this.#asking.get(blob);
      if (!this.#usual || asking === undefined) return this.#turn(blob);
      await asking;
    }
  }

  redirected(blob: string, url: URL): void {
    this.#usual = true;
    this.#places.delete(blob);
    this.#places.set(blob, { url, expiresAt: signedUrlExpiry(url) ?? Number.POSITIVE_INFINITY });
    const oldest = this.#places.keys().next();
    if (this.#places.size > CAPACITY && oldest.done !== true) this.#places.delete(oldest.value);
  }

  /** The registry sent the blob itself. */
  served(): void {
    this.#usual = false;
  }

  /** The address is no longer good. */
  forget(blob: string, url: URL): void {
    if (this.#places.get(blob)?.url === url) this.#places.delete(blob);
  }

  #turn(blob: string): Turn {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#asking.set(blob, promise);
    return {
      [Symbol.dispose]: () => {
        if (this.#asking.get(blob) === promise) this.#asking.delete(blob);
        resolve();
      },
    };
  }
}
