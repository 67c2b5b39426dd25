/** A bearer token and how long it is good for, in milliseconds from its issue. */
export interface Token {
  readonly value: string;
  readonly lifeMs: number;
}

interface Entry {
  readonly token: Token;
  readonly refreshAt: number;
}

/** Tokens kept at a time; a token covers one repository, so this many repositories are worked on without a new fetch. */
const MAX_TOKENS = 1_000;
/** Fetch a new token when this share of the old one's life is over. */
const REFRESH_SHARE = 0.8;

/** Scopes in the one order and form that serves as a key: actions merged per resource, sorted. */
export function normaliseScopes(scopes: Iterable<string>): readonly string[] {
  const actions = new Map<string, Set<string>>();
  for (const scope of scopes) {
    for (const part of scope.split(" ")) {
      const colon = part.lastIndexOf(":");
      if (colon <= 0) continue;
      const resource = part.slice(0, colon);
      const known = actions.get(resource) ?? new Set();
      for (const action of part.slice(colon + 1).split(",")) if (action !== "") known.add(action);
      actions.set(resource, known);
    }
  }
  return [...actions].map(([resource, names]) => `${resource}:${[...names].sort().join(",")}`).sort();
}

/** Tokens by token server, service and scope set; one fetch at a time for each, however many requests wait for it. */
export class TokenCache {
  readonly #entries = new Map<string, Entry>();
  readonly #flights = new Map<string, Promise<Token>>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A token for these scopes that is not the `refused` one: from the cache while it is young enough, else through `fetch`, shared with all who ask meanwhile. */
  async get(server: string, scopes: readonly string[], fetch: () => Promise<Token>, refused?: string | undefined): Promise<Token> {
    const key = JSON.stringify([server, scopes]);
    const known = this.#entries.get(key);
    if (known !== undefined && known.token.value !== refused && this.#now() < known.refreshAt) return known.token;
    const underway = this.#flights.get(key);
    if (underway !== undefined) return await underway;
    const flight = fetch().then((token) => this.#keep(key, token));
    this.#flights.set(key, flight);
    try {
      return await flight;
    } finally {
      this.#flights.delete(key);
    }
  }

  #keep(key: string, token: Token): Token {
    this.#entries.delete(key);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size >= MAX_TOKENS && oldest.done !== true) this.#entries.delete(oldest.value);
    this.#entries.set(key, { token, refreshAt: this.#now() + token.lifeMs * REFRESH_SHARE });
    return token;
  }
}
