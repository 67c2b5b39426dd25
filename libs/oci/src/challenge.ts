/** One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1). */
export interface Challenge {
  /** Lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** By lower-case name. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const MAX_CHALLENGES = 16;

/**
 * The challenges of all `WWW-Authenticate` headers of an answer. Several may share one header, quoted values may contain commas, and schemes are
 * case-insensitive; what cannot be read is left out.
 */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  return headers.flatMap(parseHeader).slice(0, MAX_CHALLENGES);
}

function parseHeader(header: string): Challenge[] {
  const reader = new Reader(header);
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  while (!reader.atEnd()) {
    reader.skip(/[\s,]*/y);
    const word = reader.take(TOKEN);
    if (word === undefined) {
      if (reader.atEnd()) break;
      reader.skip(/[^,]*/y);
      continue;
    }
    const value =
      reader.take(/\s*=(?!=*\s*(?:,|$))\s*/y) === undefined ? undefined : (reader.takeQuoted() ?? reader.take(/[^\s,]*/y) ?? "");
    if (value === undefined) {
      found.push({ scheme: word.toLowerCase(), parameters: new Map() });
      // A token68 after the scheme (Negotiate) is of no use to us, unless a parameter's "=" follows.
      reader.skip(/\s+[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y);
    } else {
      found.at(-1)?.parameters.set(word.toLowerCase(), value);
    }
  }
  return found;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) return undefined;
    this.#at += found.length;
    return found;
  }

  skip(pattern: RegExp): void {
    this.take(pattern);
  }

  takeQuoted(): string | undefined {
    const quoted = this.take(/"(?:[^"\\]|\\.)*"?/y);
    return quoted?.replace(/^"|"$/g, "").replace(/\\(.)/g, "$1");
  }
}
