import ipaddr from "ipaddr.js";

/** Requests that a source may send at once, and then each second. */
const BURST = 1000;
const A_SECOND = 100;
/** What a refused secret costs: ten guesses a second at most. */
export const REFUSAL_COST = 10;
const MOST_SOURCES = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** How often each sender may call. A sender is an IPv4 address or an IPv6 network of 64 bits, which is what one machine has to itself. */
export class SourceRates {
  readonly #buckets = new Map<string, Bucket>();

  /** Takes from what a sender has left; false where that is nothing. */
  take(address: string, nowMs: number, cost = 1): boolean {
    const key = sourceOf(address);
    const before = this.#buckets.get(key) ?? { tokens: BURST, at: nowMs };
    const tokens = Math.min(BURST, before.tokens + (Math.max(0, nowMs - before.at) / 1000) * A_SECOND);
    const allowed = tokens >= 1;
    // Deleting first moves it to the young end of the map.
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: allowed ? Math.max(0, tokens - cost) : tokens, at: nowMs });
    const oldest = this.#buckets.keys().next().value;
    if (this.#buckets.size > MOST_SOURCES && oldest !== undefined) this.#buckets.delete(oldest);
    return allowed;
  }
}

function sourceOf(address: string): string {
  try {
    const parsed = ipaddr.parse(address);
    if (parsed.kind() === "ipv4" || !("parts" in parsed)) return parsed.toString();
    return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address().toString() : parsed.parts.slice(0, 4).join(":");
  } catch {
    return "unknown";
  }
}
