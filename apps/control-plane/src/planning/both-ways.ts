import { setTimeout as delay } from "node:timers/promises";
import {
  type Arrival,
  artifactName,
  type Instance,
  type InventoryEntry,
  type PlanItem,
  pairKey,
  type Rule,
  type TagPair,
} from "@transship/model";
import { type GoneTag, knownOf, mapToTarget, type PagePlan, type PageToPlan, planPage, type TwoWay, WaysBack } from "@transship/planner";
import type { Store } from "@transship/store";
import type { KnownTopology } from "../topology/known-topology.ts";
import type { Desk } from "../work/ask-nearest.ts";
import { findNewer } from "./find-newer.ts";

/** What planning reads of the store. */
type PlanStores = Pick<Store, "arrivals" | "executions" | "pairs">;

/** What planning needs. */
export interface PlanDesk extends Desk {
  readonly store: PlanStores;
  readonly topology: Pick<KnownTopology, "current">;
}

/** What a plan learned of tags between whose places rules lead both ways. */
export interface BothSides {
  /** Pairs that are equal, where the store does not know it. */
  readonly agreed: { readonly pair: TagPair; readonly digest: string }[];
  /** Items that nothing settles. */
  readonly conflicts: PlanItem[];
  /** Items that the target deleted since it had them. */
  readonly withdrawn: PlanItem[];
  /** Pairs that the store has in conflict and that are in none. */
  readonly settled: TagPair[];
}

/** The two sides of a rule's plan. */
export interface Sides {
  readonly source: Instance;
  readonly target: Instance;
}

interface Places {
  readonly source: { readonly repository: string; readonly tag: string };
  readonly target: { readonly repository: string; readonly tag: string };
}

/**
 * Before a new conflict is believed, what is remembered is read once more, and while other rules run after so many milliseconds: a copy that has moved the tag and
 * whose report is still on its way looks like a push.
 */
const REPORTS_COME_MS = 1_000;

/** The list of referrers of a digest, in the form of a tag: agents add to it, so that both sides have all of it in the end. */
const REFERRERS = /^sha(?:256|512)-[0-9a-f]+$/;

/** Plans tags of a rule whose targets other rules lead back from: by what both sides had. Where none does, it plans as if this were not here. */
export class BothWays {
  readonly #desk: PlanDesk;
  readonly #rule: Rule;
  readonly #ways: WaysBack;

  private constructor(desk: PlanDesk, rule: Rule, ways: WaysBack) {
    this.#desk = desk;
    this.#rule = rule;
    this.#ways = ways;
  }

  static async open(desk: PlanDesk, rule: Rule): Promise<BothWays> {
    return new BothWays(desk, rule, new WaysBack(rule, (await desk.topology.current()).graph));
  }

  /** Plans a page for one target, and adds what it learned to `learned`. */
  async plan(page: PageToPlan, sides: Sides, learned: BothSides, signal: AbortSignal): Promise<PagePlan> {
    if (!this.#ways.any) return planPage(page);
    const places = new Map(page.entries.flatMap((entry) => this.#placesOf(page, entry)));
    let twoWay = await this.#lookAt(places, sides);
    if (twoWay.size === 0) return planPage(page);
    let plan = planPage({ ...page, twoWay });
    if (await this.#isNews(plan.items.filter(isConflict), sides)) {
      if (await this.#othersRun()) await delay(REPORTS_COME_MS, undefined, { signal });
      twoWay = await this.#lookAt(places, sides);
      plan = planPage({ ...page, twoWay });
    }
    if (this.#rule.spec.conflict === "newest") {
      const newer = await findNewer(this.#desk, sides, plan.items.filter(isConflict), page.atTarget, signal);
      for (const [entry, one] of twoWay) twoWay.set(entry, { ...one, newer: newer.get(`${entry.repository}:${entry.tag}`) });
      plan = planPage({ ...page, twoWay });
    }
    await this.#learn(page, plan, sides, places, twoWay, learned);
    return plan;
  }

  /** Of tags that rules lead back to the source: what the source is known to have had. */
  async hadAtSource(gone: readonly GoneTag[], sides: Sides): Promise<Map<GoneTag, ReadonlySet<string>>> {
    if (!this.#ways.any) return new Map();
    const looked = await this.#look(gone, sides);
    return new Map([...looked].map(([tag, { known }]) => [tag, known.atSource]));
  }

  async #lookAt(places: ReadonlyMap<InventoryEntry, Places>, sides: Sides): Promise<Map<InventoryEntry, TwoWay>> {
    const looked = await this.#look([...places.values()], sides);
    return new Map([...places].flatMap(([entry, place]) => pairUp(entry, looked.get(place))));
  }

  /** Whether any of these conflicts is not known yet. */
  async #isNews(conflicts: readonly PlanItem[], sides: Sides): Promise<boolean> {
    if (conflicts.length === 0) return false;
    const pairs = conflicts.map((item) => pairOf(item, sides));
    const known = await this.#desk.store.pairs.inConflict(pairs);
    return pairs.some((pair) => !known.has(pairKey(pair)));
  }

  /** Whether another rule may have copies under way. An execution ends only after the reports of its tasks. */
  async #othersRun(): Promise<boolean> {
    return (await this.#desk.store.executions.unfinished()).some(({ rule }) => rule !== this.#rule.name);
  }

  #placesOf({ target }: PageToPlan, entry: InventoryEntry): [InventoryEntry, Places][] {
    const { repository, tag } = entry;
    const name = mapToTarget(this.#rule.spec, target, repository);
    if ("refused" in name || REFERRERS.test(tag)) return [];
    return [[entry, { source: { repository, tag }, target: { repository: name.repository, tag } }]];
  }

  /** What is known of those places that rules lead back from. */
  async #look<P extends Places>(places: readonly P[], sides: Sides): Promise<Map<P, TwoWay>> {
    const found = places.flatMap((place) => {
      const [source, target] = this.#sidesOf(place, sides);
      const way = this.#ways.find(target, source, place.source.tag);
      return way === undefined ? [] : [{ place, source, target, way, pair: pairOf(place, sides) }];
    });
    const { arrivals, pairs } = this.#desk.store;
    const [atSource, atTarget, agreed] = await Promise.all([
      arrivals.at(
        sides.source.name,
        found.map(({ place }) => place.source),
      ),
      arrivals.at(
        sides.target.name,
        found.map(({ place }) => place.target),
      ),
      pairs.agreements(found.map(({ pair }) => pair)),
    ]);
    return new Map(
      found.map(({ place, source, target, way, pair }) => {
        const arrived = (where: ReadonlyMap<string, Arrival>, at: Places["source"]) => where.get(artifactName(at));
        const known = knownOf({
          source,
          target,
          atSource: arrived(atSource, place.source),
          atTarget: arrived(atTarget, place.target),
          agreed: agreed.get(pairKey(pair)),
        });
        const [facing] = way.rules;
        const facingChoice = way.rules.length === 1 ? (facing?.spec.conflict ?? "stop") : undefined;
        return [place, { facing: facing?.name ?? "", facingChoice, known }];
      }),
    );
  }

  async #learn(
    { atTarget }: PageToPlan,
    plan: PagePlan,
    sides: Sides,
    places: ReadonlyMap<InventoryEntry, Places>,
    twoWay: ReadonlyMap<InventoryEntry, TwoWay>,
    learned: BothSides,
  ): Promise<void> {
    const conflicts = plan.items.filter(isConflict);
    learned.conflicts.push(...conflicts.map((item) => ({ ...item, atTarget: atTarget.get(artifactName(item.target)) })));
    learned.withdrawn.push(...plan.items.filter(({ reason }) => reason === "withdrawn"));
    const tags = [...twoWay].flatMap(([entry, { known }]) => {
      const place = places.get(entry);
      return place === undefined ? [] : [{ place, digest: entry.digest, base: known.base, pair: pairOf(place, sides) }];
    });
    const open = await this.#desk.store.pairs.inConflict(tags.map(({ pair }) => pair));
    const unsettled = new Set(conflicts.map((item) => pairKey(pairOf(item, sides))));
    for (const { place, digest, base, pair } of tags) {
      const key = pairKey(pair);
      const equal = atTarget.get(artifactName(place.target)) === digest;
      if (equal && (base !== digest || open.has(key))) learned.agreed.push({ pair, digest });
      else if (open.has(key) && !unsettled.has(key)) learned.settled.push(pair);
    }
  }

  #sidesOf({ source, target }: Places, sides: Sides) {
    return [
      { instance: sides.source.name, repository: source.repository },
      { instance: sides.target.name, repository: target.repository },
    ] as const;
  }
}

function pairOf({ source, target }: Places, sides: Sides): TagPair {
  return {
    places: [
      { instance: sides.source.name, repository: source.repository },
      { instance: sides.target.name, repository: target.repository },
    ],
    tag: target.tag,
  };
}

function pairUp(entry: InventoryEntry, twoWay: TwoWay | undefined): [InventoryEntry, TwoWay][] {
  return twoWay === undefined ? [] : [[entry, twoWay]];
}

function isConflict({ reason }: PlanItem): boolean {
  return reason === "conflict";
}
