import type { Rule } from "@transship/model";
import type { PlanSums, SavedItem, Store } from "@transship/store";
import { planId } from "../ids.ts";

/** Items stored together. */
const PAGE = 1000;

/** Saves a plan while it is made. What is not finished is never shown, and swept by age. */
export class PlanSaver {
  readonly id: string;
  readonly #store: Store;
  #page = 0;
  #items: SavedItem[] = [];

  private constructor(store: Store, id: string) {
    this.#store = store;
    this.id = id;
  }

  static async open(store: Store, rule: Rule, now: Date): Promise<PlanSaver> {
    const saver = new PlanSaver(store, planId(now));
    await store.plans.open({ id: saver.id, rule: rule.name, ruleSpec: specText(rule) }, now);
    return saver;
  }

  async add(items: readonly SavedItem[]): Promise<void> {
    this.#items.push(...items);
    while (this.#items.length >= PAGE) await this.#store.plans.addPage(this.id, this.#page++, this.#items.splice(0, PAGE));
  }

  async finish(sums: PlanSums): Promise<void> {
    if (this.#items.length > 0) await this.#store.plans.addPage(this.id, this.#page++, this.#items.splice(0));
    await this.#store.plans.finish(this.id, sums);
  }
}

/** What of a rule makes a plan another one. */
export function specText({ spec: { enabled: _enabled, description: _description, triggers: _triggers, ...planned } }: Rule): string {
  return JSON.stringify(planned);
}

/** The items of a saved plan, page by page. */
export async function* savedPages(store: Pick<Store, "plans">, id: string): AsyncGenerator<SavedItem[]> {
  for (let page = 0; ; page++) {
    const items = await store.plans.page(id, page);
    if (items === undefined) return;
    yield items;
  }
}
