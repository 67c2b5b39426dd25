import type { wire } from "@transship/api";
import type { Registry } from "@transship/oci";
import { ByteThrottle, paceRegistry, STEADY_CLOCK } from "@transship/transfer";

/** This agent's shares of what rules may spend: the bytes that all its tasks of a rule fetch, each once. */
export class RulePaces {
  readonly #throttles = new Map<string, ByteThrottle>();

  /** At once, for tasks under way too, except those that began while their rule had no limit. */
  share(shares: readonly wire.RuleShare[]): void {
    for (const { rule, bytesPerSecond } of shares) {
      const rate = bytesPerSecond > 0 ? bytesPerSecond : undefined;
      const known = this.#throttles.get(rule);
      if (known !== undefined) known.setRate(rate);
      else if (rate !== undefined) this.#throttles.set(rule, new ByteThrottle(rate, STEADY_CLOCK));
    }
  }

  /** A new stream says everything anew. */
  forgetShares(): void {
    for (const throttle of this.#throttles.values()) throttle.setRate(undefined);
  }

  /** The registry, read at the pace of a rule; as it is where the rule has no limit. */
  pace(rule: string, registry: Registry): Registry {
    const throttle = this.#throttles.get(rule);
    return throttle === undefined ? registry : paceRegistry(registry, throttle);
  }
}
