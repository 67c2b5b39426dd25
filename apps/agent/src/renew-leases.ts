import type { wire } from "@transship/api";
import type { Leases } from "./leases.ts";
import type { WorkStream } from "./work-stream.ts";

/** Leases are renewed so many times within their duration. */
const TIMES = 6;

/** Renews all leases over one stream, at once and then regularly, until disposed. */
export class Renewals implements Disposable {
  readonly #stream: WorkStream;
  readonly #leases: Leases;
  readonly #lose: (key: wire.LeaseKey) => void;
  readonly #timer: NodeJS.Timeout;
  /** Renewals that are not answered yet; answers come in order. */
  readonly #sent: { readonly at: number; readonly keys: readonly wire.LeaseKey[] }[] = [];

  /** `leaseMs`: full duration of a lease. `lose` is told of leases that the control plane did not extend. */
  constructor(stream: WorkStream, leases: Leases, leaseMs: number, lose: (key: wire.LeaseKey) => void) {
    this.#stream = stream;
    this.#leases = leases;
    this.#lose = lose;
    this.#timer = setInterval(() => this.#renew(), Math.max(50, leaseMs / TIMES));
    this.#renew();
  }

  /** The control plane's answer to the oldest renewal that has none. */
  answered(renewed: wire.Renewed): void {
    const asked = this.#sent.shift();
    if (asked === undefined) return;
    this.#leases.extend(renewed.leases, asked.at);
    const extended = new Set(renewed.leases.map(text));
    // A task that ended meanwhile is missing too, and is no longer held.
    for (const key of asked.keys) if (!extended.has(text(key)) && this.#leases.holds(key)) this.#lose(key);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #renew(): void {
    const keys = this.#leases.held();
    if (keys.length === 0) return;
    const at = this.#leases.now();
    if (this.#stream.send({ $case: "renew", value: { leases: [...keys] } })) this.#sent.push({ at, keys });
  }
}

function text(key: wire.LeaseKey): string {
  return `${key.taskId} ${key.epoch}`;
}
