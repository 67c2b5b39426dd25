import type { wire } from "@transship/api";

/** A lease is given up this part of its duration before it ends, and at most so many milliseconds: writes on their way must not arrive after it. */
const MARGIN_SHARE = 0.1;
const MARGIN_MS = 5_000;

interface Lease {
  readonly key: wire.LeaseKey;
  readonly durationMs: number;
  /** On the agent's monotonic clock. */
  readonly endsAt: number;
}

/**
 * The leases of this agent by its own monotonic clock: the control plane sends durations, since wall clocks differ. An extension counts from the moment the
 * renewal was sent, not answered: the control plane began to count in between, so this agent always stops first.
 */
export class Leases {
  readonly #leases = new Map<string, Lease>();
  readonly #now: () => number;
  /** Called when the moment of {@link msToNextExpiry} may have changed. */
  onChange: () => void = () => undefined;

  /** `now`: milliseconds that never go back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A lease of `durationMs` from now. A lease of the same task with an older epoch is replaced; one with a newer epoch stays. */
  grant(key: wire.LeaseKey, durationMs: number): void {
    const known = this.#leases.get(key.taskId);
    if (known !== undefined && known.key.epoch > key.epoch) return;
    this.#leases.set(key.taskId, { key: { ...key }, durationMs, endsAt: this.#now() + durationMs });
    this.onChange();
  }

  /** The control plane extended these in answer to a renewal that was sent at `sentAt`. Leases that ended meanwhile are not brought back. */
  extend(keys: readonly wire.LeaseKey[], sentAt: number): void {
    for (const key of keys) {
      const lease = this.#find(key);
      if (lease === undefined) continue;
      const endsAt = Math.max(lease.endsAt, sentAt + lease.durationMs);
      this.#leases.set(key.taskId, { ...lease, endsAt });
    }
    this.onChange();
  }

  /** Forgets a lease whose task is over. */
  release(key: wire.LeaseKey): void {
    if (this.#find(key) !== undefined) this.#leases.delete(key.taskId);
    this.onChange();
  }

  /** Whether this very lease, task and epoch, is held and has not ended. */
  holds(key: wire.LeaseKey): boolean {
    const lease = this.#find(key);
    return lease !== undefined && this.#usableUntil(lease) > this.#now();
  }

  /** All leases that have not ended. */
  held(): wire.LeaseKey[] {
    const now = this.#now();
    return [...this.#leases.values()].filter((lease) => this.#usableUntil(lease) > now).map((lease) => lease.key);
  }

  /** Removes and returns the leases that ended. */
  takeExpired(): wire.LeaseKey[] {
    const now = this.#now();
    const expired = [...this.#leases.values()].filter((lease) => this.#usableUntil(lease) <= now);
    for (const lease of expired) this.#leases.delete(lease.key.taskId);
    return expired.map((lease) => lease.key);
  }

  /** Milliseconds until the next lease ends; undefined where there is none. */
  msToNextExpiry(): number | undefined {
    if (this.#leases.size === 0) return undefined;
    const next = Math.min(...[...this.#leases.values()].map((lease) => this.#usableUntil(lease)));
    return Math.max(0, next - this.#now());
  }

  now(): number {
    return this.#now();
  }

  #find(key: wire.LeaseKey): Lease | undefined {
    const lease = this.#leases.get(key.taskId);
    return lease?.key.epoch === key.epoch ? lease : undefined;
  }

  #usableUntil(lease: Lease): number {
    return lease.endsAt - Math.min(MARGIN_MS, lease.durationMs * MARGIN_SHARE);
  }
}
