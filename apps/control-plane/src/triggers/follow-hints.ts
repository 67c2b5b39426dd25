import { TransshipError } from "@transship/errors";
import { MOST_SCOPE_ENTRIES, type ScopeEntry, scopeName, type Trigger } from "@transship/model";
import type { Logger } from "pino";
import type { Executions } from "../executions/executions.ts";
import type { Metrics } from "../metrics.ts";
import type { KnownTopology } from "../topology/known-topology.ts";
import { drawScope } from "./draw-scope.ts";
import type { Hint } from "./formats/hint.ts";
import { RecentHints } from "./recent-hints.ts";

/** What following hints needs. */
export interface HintDesk {
  readonly topology: Pick<KnownTopology, "current">;
  readonly executions: Pick<Executions, "trigger">;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => Date;
}

/** Hints about one instance that came together. */
export interface Hints {
  readonly instance: string;
  readonly trigger: Extract<Trigger, "event" | "cascade">;
  readonly hints: readonly Hint[];
  /** Copies that led to them one after the other. */
  readonly hops: number;
}

interface Gathered {
  readonly trigger: Trigger;
  readonly entries: Map<string, ScopeEntry>;
  hops: number;
  /** Its execution is stored, or could not be. */
  readonly opened: PromiseWithResolvers<void>;
}

/**
 * From hints to executions: each rule that they may concern gets one of just what they name. The first hint starts it at once; what comes while executions are
 * being opened is gathered by rule, and what comes while one runs is gathered by the store in the one that waits.
 */
export class HintFollower {
  readonly #desk: HintDesk;
  readonly #recent = new RecentHints();
  readonly #gathered = new Map<string, Gathered>();
  #opening = false;

  constructor(desk: HintDesk) {
    this.#desk = desk;
  }

  /** Ends when the executions are stored. Throws what the store throws: the hints are then to be sent again. */
  async follow({ instance, trigger, hints, hops }: Hints): Promise<void> {
    const { topology, metrics, now } = this.#desk;
    const rules = (await topology.current()).eventRulesAt(instance);
    const fresh: Hint[] = [];
    const own = new Set<Promise<void>>();
    const labelOf = ({ action }: Hint) => (trigger === "cascade" ? "arrival" : action);
    for (const hint of hints) {
      if (this.#recent.isRepeat(instance, hint, now())) {
        metrics.eventTaken(instance, labelOf(hint), "repeated");
        continue;
      }
      let followed = false;
      for (const rule of rules) {
        const entries = drawScope(rule, instance, hint);
        if (entries.length > 0) own.add(this.#gather(rule.name, trigger, entries, hops));
        followed ||= entries.length > 0;
      }
      metrics.eventTaken(instance, labelOf(hint), followed ? "followed" : "unmatched");
      fresh.push(hint);
    }
    if (!this.#opening) void this.#open();
    const failed = (await Promise.allSettled(own)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
    for (const hint of fresh) this.#recent.remember(instance, hint, now());
  }

  #gather(rule: string, trigger: Trigger, entries: readonly ScopeEntry[], hops: number): Promise<void> {
    const gathered = this.#gathered.get(rule) ?? { trigger, entries: new Map(), hops, opened: Promise.withResolvers<void>() };
    gathered.hops = Math.max(gathered.hops, hops);
    // One more than the store keeps makes it look at everything; more need not be remembered.
    if (gathered.entries.size <= MOST_SCOPE_ENTRIES) for (const entry of entries) gathered.entries.set(scopeName(entry), entry);
    this.#gathered.set(rule, gathered);
    return gathered.opened.promise;
  }

  /** Opens executions until nothing is gathered: what is added while the loop waits comes to its end. Never rejects. */
  async #open(): Promise<void> {
    this.#opening = true;
    for (const [rule, { trigger, entries, hops, opened }] of this.#gathered) {
      this.#gathered.delete(rule);
      try {
        await this.#desk.executions.trigger(rule, trigger, [...entries.values()], hops);
        opened.resolve();
      } catch (thrown) {
        // The rule was deleted or disabled meanwhile.
        if (thrown instanceof TransshipError && (thrown.code === "NOT_FOUND" || thrown.code === "CONFLICT")) opened.resolve();
        else opened.reject(thrown);
      }
    }
    this.#opening = false;
  }
}
