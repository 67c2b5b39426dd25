import type { Operation } from "./route.ts";

/** One request as it went. */
export interface RequestRecord {
  readonly op: Operation;
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  readonly startedAt: Date;
  readonly range: string | undefined;
  readonly userAgent: string | undefined;
  /** 0 while there is no answer, and for good when the connection went away before it. */
  status: number;
  /** Bytes of the reply's body that were handed to the network. */
  bytesSent: number;
  /** Bytes of the request's body that were read. */
  bytesReceived: number;
  /** Milliseconds from the request's head to the reply's end; absent while it runs. */
  duration?: number;
}

const LOG_LIMIT = 20_000;

/** What a registry was asked and what it moved. The log keeps the last 20,000 requests; the counters keep everything. */
export class Stats {
  readonly log: RequestRecord[] = [];
  /** Connections open now, and the most at once. Not reset: they are facts, not counts. */
  openConnections = 0;
  peakConnections = 0;
  readonly #requests = new Map<Operation, number>();
  readonly #inFlight = new Map<Operation, number>();
  readonly #peakInFlight = new Map<Operation, number>();
  readonly #served = new Map<string, number>();
  #bytesServed = 0;
  #bytesReceived = 0;

  /** Requests of the operations, or of all. */
  requests(...operations: Operation[]): number {
    const counted = operations.length === 0 ? [...this.#requests.keys()] : operations;
    return counted.reduce((sum, op) => sum + (this.#requests.get(op) ?? 0), 0);
  }

  /** The most requests of the operation that were answered at the same time. */
  peakInFlight(op: Operation): number {
    return this.#peakInFlight.get(op) ?? 0;
  }

  /** Bytes of content sent for a digest (blob or manifest), or of all content. */
  bytesServed(digest?: string): number {
    return digest === undefined ? this.#bytesServed : (this.#served.get(digest) ?? 0);
  }

  /** Bytes sent per digest. */
  servedByDigest(): ReadonlyMap<string, number> {
    return this.#served;
  }

  /** Bytes of request bodies read. */
  bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** Forgets requests and bytes. */
  reset(): void {
    this.log.length = 0;
    this.#requests.clear();
    this.#peakInFlight.clear();
    this.#served.clear();
    this.#bytesServed = 0;
    this.#bytesReceived = 0;
  }

  /** Opens a record; the server fills it. */
  begin(record: RequestRecord): void {
    this.log.push(record);
    if (this.log.length > LOG_LIMIT) this.log.splice(0, this.log.length - LOG_LIMIT);
    this.#requests.set(record.op, (this.#requests.get(record.op) ?? 0) + 1);
    const running = (this.#inFlight.get(record.op) ?? 0) + 1;
    this.#inFlight.set(record.op, running);
    this.#peakInFlight.set(record.op, Math.max(running, this.peakInFlight(record.op)));
  }

  end(record: RequestRecord): void {
    record.duration = Date.now() - record.startedAt.getTime();
    this.#inFlight.set(record.op, (this.#inFlight.get(record.op) ?? 1) - 1);
  }

  served(record: RequestRecord, bytes: number, digest: string | undefined): void {
    record.bytesSent += bytes;
    if (digest === undefined) return;
    this.#bytesServed += bytes;
    this.#served.set(digest, (this.#served.get(digest) ?? 0) + bytes);
  }

  received(record: RequestRecord, bytes: number): void {
    record.bytesReceived += bytes;
    this.#bytesReceived += bytes;
  }

  connected(): void {
    this.openConnections += 1;
    this.peakConnections = Math.max(this.peakConnections, this.openConnections);
  }

  disconnected(): void {
    this.openConnections -= 1;
  }
}
