/** An execution with work for an agent. */
export interface Contender {
  readonly execution: string;
  readonly rule: string;
  /** Of its rule; 0 where it names none. */
  readonly priority: number;
  /** Its tasks that agents have now. */
  readonly running: number;
}

/** Every so many turns priorities do not count, and the rule that was served longest ago is next: however much there is to do above it, nothing starves. */
const OPEN_TURN = 8;

/**
 * Whose task is next: that of the highest priority; among equals that with the fewest tasks under way, so that a rule with 100,000 tasks, or with long ones, gets
 * no more slots than another; then that which was served longest ago.
 */
export class Turns {
  /** By rule: the number of the turn in which it was served last. */
  readonly #served = new Map<string, number>();
  #turn = 0;

  /** Deals out so many turns; those of each execution, in the order in which they were dealt out first. Nothing where nobody contends. */
  deal(contenders: readonly Contender[], turns: number): Map<string, number> {
    const running = new Map(contenders.map(({ execution, running: now }) => [execution, now]));
    const dealt = new Map<string, number>();
    for (let left = contenders.length === 0 ? 0 : turns; left > 0; left--) {
      const { execution, rule } = this.#next(contenders, running);
      this.#served.set(rule, this.#turn);
      running.set(execution, (running.get(execution) ?? 0) + 1);
      dealt.set(execution, (dealt.get(execution) ?? 0) + 1);
    }
    return dealt;
  }

  /** Forgets rules that have no work: whoever comes back is served soon. */
  keep(rules: ReadonlySet<string>): void {
    for (const rule of this.#served.keys()) if (!rules.has(rule)) this.#served.delete(rule);
  }

  #next(contenders: readonly Contender[], running: ReadonlyMap<string, number>): Contender {
    this.#turn += 1;
    const servedAt = ({ rule }: Contender) => this.#served.get(rule) ?? 0;
    const byAge = (a: Contender, b: Contender) => servedAt(a) - servedAt(b);
    const byRank = (a: Contender, b: Contender) =>
      b.priority - a.priority || (running.get(a.execution) ?? 0) - (running.get(b.execution) ?? 0) || byAge(a, b);
    const before = this.#turn % OPEN_TURN === 0 ? byAge : byRank;
    return contenders.reduce((best, other) => (before(other, best) < 0 ? other : best));
  }
}
