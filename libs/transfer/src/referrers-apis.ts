import { setTimeout as sleep } from "node:timers/promises";
import type { Referrers } from "@transship/oci";
import { Flights } from "./schedule/flights.ts";

/** The first answer of a registry is waited for so long, in milliseconds; then it is as if it had the API. */
const WAIT_MS = 1_000;

/** Which registries have no referrers API. Copies that begin together wait for the first answer: it may spare all others their question. */
export class ReferrersApis {
  readonly #missing = new Map<string, boolean>();
  readonly #first = new Flights();

  /** Whether the registry turned out to have none. Rejects with the signal's reason. */
  async isMissing(registry: string, signal: AbortSignal): Promise<boolean> {
    const landing = this.#missing.has(registry) ? undefined : this.#first.landing(registry);
    if (landing !== undefined) await Promise.race([landing, sleep(WAIT_MS, undefined, { signal, ref: false })]);
    return this.#missing.get(registry) === true;
  }

  /** Asks for referrers, and learns from the answer. Throws what the question throws. */
  async ask(registry: string, question: () => Promise<Referrers>): Promise<Referrers> {
    const learning = question().then((answer) => {
      this.#missing.set(registry, !answer.native);
      return answer;
    });
    if (!this.#missing.has(registry) && this.#first.landing(registry) === undefined) {
      await this.#first.fly(registry, async () => void (await learning));
    }
    return await learning;
  }
}
