import {
  type Agreement,
  type Arrival,
  CONFLICT_CHOICES,
  type ConflictChoice,
  type InventoryEntry,
  type PlanItem,
  pairKey,
  type Rule,
} from "@transship/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planPage } from "../plan-page.ts";
import { knownOf } from "./known.ts";
import { RuleGraph } from "./rule-graph.ts";
import { WaysBack } from "./ways-back.ts";

const REPOSITORY = "app";
const TAG = "v1";

/** Registries with one tag each, rules between them, and what a control plane would remember. Digests are numbers in the order of pushes: later is newer. */
class World {
  readonly tags = new Map<string, string>();
  /** What each registry ever had. */
  readonly histories = new Map<string, Set<string>>();
  copies = 0;
  /** Copies that replaced what the source never had. */
  readonly lost: string[] = [];
  readonly #rules: readonly Rule[];
  readonly #arrivals = new Map<string, Arrival>();
  readonly #agreements = new Map<string, Agreement>();
  #clock = 0;
  #pushes = 0;

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  push(instance: string): void {
    this.#set(instance, `sha256:${++this.#pushes}`);
  }

  pushOlder(instance: string): void {
    const [oldest] = this.histories.get(instance) ?? [];
    if (oldest !== undefined) this.#set(instance, oldest);
  }

  delete(instance: string): void {
    this.tags.delete(instance);
  }

  /** Plans a rule and remembers what is equal, as an execution does. */
  plan(rule: Rule): PlanItem | undefined {
    const [target] = rule.spec.targets;
    const here = this.tags.get(rule.spec.source.instance);
    if (target === undefined || here === undefined) return undefined;
    const entry: InventoryEntry = { repository: REPOSITORY, tag: TAG, digest: here };
    const source = { instance: rule.spec.source.instance, repository: REPOSITORY };
    const goal = { instance: target.instance, repository: REPOSITORY };
    const there = this.tags.get(target.instance);
    const key = pairKey({ places: [source, goal], tag: TAG });
    const way = new WaysBack(rule, new RuleGraph(this.#rules)).find(goal, source, TAG);
    const known = knownOf({
      source,
      target: goal,
      atSource: this.#arrivals.get(source.instance),
      atTarget: this.#arrivals.get(goal.instance),
      agreed: this.#agreements.get(key),
    });
    if (way !== undefined && there === here && known.base !== here) this.#agreements.set(key, { digest: here, at: this.#now() });
    const [facing] = way?.rules ?? [];
    const facingChoice = way?.rules.length === 1 ? (facing?.spec.conflict ?? "stop") : undefined;
    const newer = there === undefined || age(here) === age(there) ? undefined : age(here) > age(there) ? "source" : "target";
    const twoWay = facing === undefined ? undefined : new Map([[entry, { facing: facing.name, facingChoice, known, newer } as const]]);
    const atTarget = new Map(there === undefined ? [] : [[`${REPOSITORY}:${TAG}`, there]]);
    return planPage({ rule: rule.spec, target, entries: [entry], atTarget, twoWay }).items[0];
  }

  /** Does what was planned, however long ago, as an agent does: only while the target is as it was. */
  carryOut(rule: Rule, item: PlanItem | undefined): void {
    if (item?.action !== "copy") return;
    const there = this.tags.get(item.target.instance);
    if (there !== undefined && there !== item.expected && item.facing !== undefined) return;
    if (there === item.digest) return;
    const history = this.histories.get(item.source.instance);
    if (there !== undefined && history?.has(there) !== true) this.lost.push(`${there} at ${item.target.instance}`);
    this.#set(item.target.instance, item.digest);
    this.copies += 1;
    const { source, target, digest } = item;
    this.#arrivals.set(target.instance, { rule: rule.name, source, target, digest, platforms: undefined, at: this.#now() });
  }

  #set(instance: string, digest: string): void {
    this.tags.set(instance, digest);
    this.histories.set(instance, (this.histories.get(instance) ?? new Set()).add(digest));
  }

  #now(): string {
    return String(++this.#clock).padStart(9, "0");
  }
}

const age = (digest: string) => Number(digest.slice("sha256:".length));

function circle(instances: readonly string[], choices: readonly (ConflictChoice | undefined)[]): Rule[] {
  return instances.map((instance, index) => {
    const to = instances[(index + 1) % instances.length] ?? instance;
    const conflict = choices[index % choices.length];
    const spec = { source: { instance }, targets: [{ instance: to }], overwrite: "always" as const, enabled: true };
    return {
      name: `${instance}-${to}`,
      labels: {},
      spec: conflict === undefined ? spec : { ...spec, conflict },
      createdAt: "",
      updatedAt: "",
    };
  });
}

const places = fc.constantFrom(["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]);
const choice = fc.constantFrom(undefined, ...CONFLICT_CHOICES);
const step = fc.record({
  do: fc.constantFrom("push", "push", "push", "older", "delete", "run", "run", "run", "run", "plan", "plan", "carry out"),
  at: fc.nat({ max: 3 }),
});
const steps = fc.array(step, { maxLength: 25 });

function play(world: World, rules: readonly Rule[], script: readonly { readonly do: string; readonly at: number }[]): void {
  const planned = new Map<Rule, PlanItem | undefined>();
  for (const { do: what, at } of script) {
    const rule = rules[at % rules.length];
    if (rule === undefined) continue;
    const { instance } = rule.spec.source;
    if (what === "push") world.push(instance);
    if (what === "older") world.pushOlder(instance);
    if (what === "delete") world.delete(instance);
    if (what === "run") world.carryOut(rule, world.plan(rule));
    if (what === "plan") planned.set(rule, world.plan(rule));
    if (what === "carry out") world.carryOut(rule, planned.get(rule));
  }
}

/** Runs all rules again and again in an order that changes, until a whole round copies nothing. Returns the last round's plans. */
function settleDown(world: World, rules: readonly Rule[], order: readonly number[], most: number): (PlanItem | undefined)[] {
  for (let round = 0; round <= most; round++) {
    const before = world.copies;
    const turned = rules.map((_, index) => rules[(index + (order[round % order.length] ?? 0)) % rules.length]);
    for (const rule of turned) if (rule !== undefined) world.carryOut(rule, world.plan(rule));
    if (world.copies === before) return rules.map((rule) => world.plan(rule));
  }
  throw new Error(`still copying after ${most} rounds: ${[...world.tags.entries()].join("; ")}`);
}

const orders = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 4 });

describe("rules in a circle", () => {
  it("come to rest whatever was done before, with few copies", () => {
    fc.assert(
      fc.property(places, fc.array(choice, { minLength: 1, maxLength: 4 }), steps, orders, (instances, choices, script, order) => {
        const rules = circle(instances, choices);
        const world = new World(rules);
        play(world, rules, script);
        const before = world.copies;
        const plans = settleDown(world, rules, order, 2 * rules.length);
        expect(world.copies - before).toBeLessThanOrEqual(rules.length * (rules.length - 1));
        expect(plans.filter((item) => item?.action === "copy")).toEqual([]);
      }),
      { numRuns: 5000 },
    );
  });

  it("never replace what the source of a copy never had, unless a rule chooses to", () => {
    fc.assert(
      fc.property(places, steps, orders, (instances, script, order) => {
        const rules = circle(instances, ["stop", undefined]);
        const world = new World(rules);
        play(world, rules, script);
        settleDown(world, rules, order, 2 * rules.length);
        expect(world.lost).toEqual([]);
      }),
      { numRuns: 5000 },
    );
  });

  it("leave nothing unequal without a rule that says why, and of two rules one says that both moved it", () => {
    fc.assert(
      fc.property(places, fc.array(choice, { minLength: 1, maxLength: 4 }), steps, orders, (instances, choices, script, order) => {
        const rules = circle(instances, choices);
        const world = new World(rules);
        play(world, rules, script);
        const plans = settleDown(world, rules, order, 2 * rules.length);
        if (new Set(instances.map((instance) => world.tags.get(instance))).size === 1) return;
        const reasons = plans.map((item) => item?.reason);
        expect(reasons.some((reason) => reason !== undefined)).toBe(true);
        if (instances.length > 2) return;
        expect(reasons).toEqual(expect.arrayContaining([expect.stringMatching(/^(conflict|withdrawn)$/)]));
      }),
      { numRuns: 5000 },
    );
  });
});
