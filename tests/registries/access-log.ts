/** One line of a registry's access log, in the combined format of web servers. */
export interface AccessLine {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly status: number;
  /** Bytes of the reply's body. */
  readonly bytes: number;
}

const COMBINED = /^\S+ \S+ \S+ \[[^\]]*\] "(\S+) (\S+) [^"]*" (\d{3}) (\d+|-)/;
const BLOB = /\/blobs\/(sha(?:256|512):[0-9a-f]+)(?:\?|$)/;
const KEPT = 50_000;

/** Reads one line; undefined for lines of other kinds. */
export function parseAccessLine(line: string): AccessLine | undefined {
  const match = COMBINED.exec(line);
  if (match === null) return undefined;
  const [, method = "", target = "", status, bytes] = match;
  return { method, target, status: Number(status), bytes: bytes === "-" ? 0 : Number(bytes) };
}

/** What a real registry was asked and sent, counted from its access log as it is written. */
export class AccessLog {
  /** The last 50,000 lines. */
  readonly lines: AccessLine[] = [];
  readonly #served = new Map<string, number>();
  #rest = "";

  /** Takes output of the registry, in pieces that end anywhere. */
  feed(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#count(parseAccessLine(line));
  }

  /** Requests whose method is the given one (or any) and whose target matches. */
  requests(method?: string, target: RegExp = /^/): number {
    return this.lines.filter((line) => (method === undefined || line.method === method) && line.target.search(target) >= 0).length;
  }

  /** Bytes that GETs of a blob got, or of all blobs. The registry writes a line when a request ends. */
  blobBytesServed(digest?: string): number {
    if (digest !== undefined) return this.#served.get(digest) ?? 0;
    return [...this.#served.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  reset(): void {
    this.lines.length = 0;
    this.#served.clear();
  }

  #count(line: AccessLine | undefined): void {
    if (line === undefined) return;
    this.lines.push(line);
    if (this.lines.length > KEPT) this.lines.shift();
    const digest = BLOB.exec(line.target)?.[1];
    if (digest === undefined || line.method !== "GET" || line.status >= 300) return;
    this.#served.set(digest, (this.#served.get(digest) ?? 0) + line.bytes);
  }
}
