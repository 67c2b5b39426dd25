import type { HeldTask } from "@transship/store";

/** How long an agent keeps its share after a question, in milliseconds: questions come in rows, and each change is a message to everybody. */
const LINGER_MS = 5_000;

/** A task that an agent has, with the instances that it may read from besides the source. */
export interface SharedTask extends HeldTask {
  readonly siblings: readonly string[];
}

/** Who works with which instance, and for which rule: those who share its limits, in the order in which they came; with tasks before those with questions only. */
export class Sharers {
  #tasks = new Map<string, SharedTask>();
  readonly #asked = new Map<string, { readonly agent: string; readonly instance: string; open: number; lastAt: number }>();
  /** By instance: who had tasks there, in the order in which they came. */
  readonly #order = new Map<string, string[]>();

  /** What agents hold by the store; what it does not know is over. Siblings are remembered from {@link add}. */
  replace(held: readonly HeldTask[]): void {
    this.#tasks = new Map(held.map((task) => [task.taskId, { ...task, siblings: this.#tasks.get(task.taskId)?.siblings ?? [] }]));
  }

  add(task: SharedTask): void {
    this.#tasks.set(task.taskId, task);
  }

  /** An agent begins to answer a question about an instance; what is returned tells the end. */
  ask(agent: string, instance: string, now: () => Date): Disposable {
    const key = `${agent} ${instance}`;
    const asked = this.#asked.get(key) ?? { agent, instance, open: 0, lastAt: 0 };
    this.#asked.set(key, asked);
    asked.open += 1;
    return {
      [Symbol.dispose]: () => {
        asked.open -= 1;
        asked.lastAt = now().getTime();
      },
    };
  }

  /** Who has tasks with an instance. */
  withTasks(instance: string): string[] {
    const now = new Set<string>();
    for (const task of this.#tasks.values()) if (instancesOf(task).includes(instance)) now.add(task.agent);
    const order = [...new Set([...(this.#order.get(instance) ?? []), ...now])].filter((agent) => now.has(agent));
    if (order.length === 0) this.#order.delete(instance);
    else this.#order.set(instance, order);
    return order;
  }

  /** All who share an instance. */
  of(instance: string, now: Date): string[] {
    const asking: string[] = [];
    for (const [key, asked] of this.#asked) {
      if (asked.open === 0 && now.getTime() - asked.lastAt >= LINGER_MS) this.#asked.delete(key);
      else if (asked.instance === instance) asking.push(asked.agent);
    }
    return [...new Set([...this.withTasks(instance), ...asking.sort()])];
  }

  /** Who has tasks of a rule. */
  ofRule(rule: string): string[] {
    return [...new Set([...this.#tasks.values()].filter((task) => task.rule === rule).map(({ agent }) => agent))].sort();
  }
}

function instancesOf({ source, target, siblings }: SharedTask): string[] {
  return [source, target, ...siblings];
}
