import type { HeldTask } from "@transship/store";

/** How long an agent keeps its share after a question, in milliseconds: questions come in rows, and each change is a message to everybody. */
const LINGER_MS = 5_000;

/** A task that an agent has, with the instances that it may read from besides the source. */
export interface SharedTask extends HeldTask {
  readonly siblings: readonly string[];
}

/** Who works with which instance, and for which rule: those who share its limits, in the order in which they came; with tasks before those with questions only. */
export class Sharers {
  readonly #tasks = new Map<string, SharedTask>();
  /** How many tasks each agent has with an instance; agents in the order in which they came. */
  readonly #byInstance = new Counts();
  readonly #byRule = new Counts();
  readonly #asked = new Map<string, { readonly agent: string; readonly instance: string; open: number; lastAt: number }>();

  /** What agents hold by the store; what it does not know is over. Siblings are remembered from {@link add}. */
  replace(held: readonly HeldTask[]): void {
    const now = new Map(held.map((task) => [task.taskId, task]));
    // Added before others are removed: an agent that goes from one task to the next keeps its place.
    for (const task of held) {
      const known = this.#tasks.get(task.taskId);
      if (known?.agent !== task.agent) this.add({ ...task, siblings: known?.siblings ?? [] });
    }
    for (const task of this.#tasks.values()) if (!now.has(task.taskId)) this.#remove(task);
  }

  add(task: SharedTask): void {
    const before = this.#tasks.get(task.taskId);
    for (const instance of instancesOf(task)) this.#byInstance.add(instance, task.agent);
    this.#byRule.add(task.rule, task.agent);
    if (before !== undefined) this.#remove(before);
    this.#tasks.set(task.taskId, task);
  }

  /** A task is over; returns what was known of it. */
  end(taskId: string): SharedTask | undefined {
    const task = this.#tasks.get(taskId);
    if (task !== undefined) this.#remove(task);
    return task;
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
    return this.#byInstance.of(instance);
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
    return this.#byRule.of(rule).sort();
  }

  #remove(task: SharedTask): void {
    this.#tasks.delete(task.taskId);
    for (const instance of instancesOf(task)) this.#byInstance.remove(instance, task.agent);
    this.#byRule.remove(task.rule, task.agent);
  }
}

/** How many tasks agents have, by what they are about. */
class Counts {
  readonly #counts = new Map<string, Map<string, number>>();

  add(about: string, agent: string): void {
    const own = this.#counts.get(about) ?? new Map<string, number>();
    this.#counts.set(about, own.set(agent, (own.get(agent) ?? 0) + 1));
  }

  remove(about: string, agent: string): void {
    const own = this.#counts.get(about);
    const left = (own?.get(agent) ?? 0) - 1;
    if (left > 0) own?.set(agent, left);
    else own?.delete(agent);
    if (own?.size === 0) this.#counts.delete(about);
  }

  /** Agents with any, in the order in which they came. */
  of(about: string): string[] {
    return [...(this.#counts.get(about)?.keys() ?? [])];
  }
}

/** Each once. */
function instancesOf({ source, target, siblings }: SharedTask): ReadonlySet<string> {
  return new Set([source, target, ...siblings]);
}
