import { type Arrival, artifactName, type Deletion, type RuleSpec, type RuleTarget } from "@transship/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeletionPlan, type DeletionTerms, type PlannedDeletions } from "./deletion-plan.ts";
import { gatherNames, type NamesListing, type NamesPage } from "./names-listing.ts";
import { groupRepositories } from "./repository-groups.ts";

const digest = (n: number) => `sha256:${n.toString(16).padStart(64, "0")}`;
const target: RuleTarget = { instance: "sg", namespace: "mirror" };
const LAX: Deletion = { propagate: true, maxCount: 1000, maxShare: 100 };
const spec = (more: Partial<RuleSpec> = {}): RuleSpec => ({
  source: { instance: "gz", namespace: "team" },
  targets: [target],
  overwrite: "always",
  enabled: true,
  deletion: LAX,
  ...more,
});

/** Tags of one repository on both sides: the source's names, the target's digests. */
interface Side {
  readonly source: readonly string[];
  readonly target: Readonly<Record<string, number>>;
}

interface Scene {
  readonly spec?: RuleSpec;
  readonly repositories: Readonly<Record<string, Side>>;
  /** Source repositories in which the rule's listing found something; absent = those with tags. */
  readonly listed?: readonly string[];
  readonly arrivals?: readonly Arrival[];
  readonly listing?: DeletionTerms["listing"];
  readonly scope?: ReadonlySet<string>;
  /** What becomes of the pages of names on their way. */
  readonly damage?: (pages: NamesPage[], side: "source" | "target") => NamesPage[];
}

const arrived = (tag: string, n: number, more: Partial<Arrival> = {}, name = "app"): Arrival => ({
  rule: "r",
  source: { instance: "gz", repository: `team/${name}` },
  target: { instance: "sg", repository: `mirror/${name}`, tag },
  digest: digest(n),
  platforms: undefined,
  at: "2026-01-01T00:00:00.000Z",
  ...more,
});

function plan(scene: Scene): PlannedDeletions {
  const { repositories, arrivals = [], damage = (pages) => pages } = scene;
  const names = Object.keys(repositories);
  const listed = scene.listed ?? names.filter((name) => (repositories[name]?.source.length ?? 0) > 0);
  const entries = listed.flatMap((name) => repositories[name]?.source ?? []).length;
  const rule = { name: "r", spec: scene.spec ?? spec() };
  const deletions = new DeletionPlan({ rule, target, listing: scene.listing ?? { whole: true, entries }, scope: scene.scope });
  const brought = arrivals
    .filter(({ rule: by }) => by === "r")
    .map((one) => ({ source: one.source.repository, target: one.target.repository }));
  const groups = groupRepositories(
    rule.spec,
    target,
    listed.map((name) => `team/${name}`),
    brought,
  );
  const atTarget = new Map<string, string>();
  for (const name of names)
    for (const [tag, n] of Object.entries(repositories[name]?.target ?? {})) atTarget.set(`mirror/${name}:${tag}`, digest(n));
  for (const group of groups) {
    const tagsAtTarget = Object.keys(repositories[group.target.slice("mirror/".length)]?.target ?? {});
    const theirs = gatherNames([group.target], damage(pagesOf(group.target, tagsAtTarget), "target")).get(group.target);
    const atSource = group.sources.map((name) => {
      const pages = damage(pagesOf(name, repositories[name.slice("team/".length)]?.source ?? []), "source");
      return gatherNames([name], pages).get(name) ?? UNKNOWN;
    });
    const here = arrivals.filter((one) => one.target.repository === group.target);
    deletions.judge(deletions.gone({ group, atSource, atTarget: theirs ?? UNKNOWN, arrivals: here }), atTarget);
  }
  return deletions.finish();
}

const UNKNOWN: NamesListing = { whole: false, why: "it was not listed" };

/** Two names a page. */
function pagesOf(repository: string, tags: readonly string[]): NamesPage[] {
  const count = Math.max(1, Math.ceil(tags.length / 2));
  return Array.from({ length: count }, (_, page) => ({
    repository,
    page,
    last: page === count - 1,
    tags: tags.slice(page * 2, page * 2 + 2),
  }));
}

const summary = ({ items }: PlannedDeletions) => items.map((item) => `${item.action} ${artifactName(item.target)} ${item.reason}`);

describe("DeletionPlan", () => {
  const app = { source: ["v1", "v2"], target: { v1: 1, v2: 2, v3: 3 } };

  it("deletes what the source no longer has, and says from where", () => {
    const { items } = plan({ repositories: { app } });
    expect(items).toEqual([
      {
        source: { instance: "gz", repository: "team/app", tag: "v3" },
        target: { instance: "sg", repository: "mirror/app", tag: "v3" },
        digest: digest(3),
        action: "delete",
        reason: "gone",
      },
    ]);
  });

  it.each([
    ["the rule does not ask for it", { spec: spec({ deletion: { ...LAX, propagate: false } }) }],
    ["the rule says nothing of it", { spec: { ...spec(), deletion: undefined } as unknown as RuleSpec }],
    ["the source's listing broke", { listing: { whole: false, entries: 5 } }],
    ["the source's listing is empty", { listing: { whole: true, entries: 0 } }],
  ])("deletes nothing where %s", (_why, more) => {
    expect(plan({ repositories: { app }, ...more }).items).toEqual([]);
  });

  it("leaves what the rule's names do not select, and tags that belong to digests", () => {
    const there = { v1: 1, v3: 3, latest: 4, [`sha256-${"a".repeat(64)}.sig`]: 5, [`sha256-${"a".repeat(64)}`]: 6 };
    const repositories = { app: { source: ["v1"], target: there } };
    expect(summary(plan({ spec: spec({ source: { instance: "gz", namespace: "team", tag: "v.*" } }), repositories }))).toEqual([
      "delete mirror/app:v3 gone",
    ]);
  });

  it("deletes only what it brought, with the digest that it brought, where it replaces only that", () => {
    const repositories = { app: { source: ["v1"], target: { v1: 1, a: 2, b: 3, c: 4 } } };
    const arrivals = [arrived("a", 2), arrived("b", 9), arrived("c", 4, { rule: "other" })];
    expect(summary(plan({ spec: spec({ overwrite: "ours" }), repositories, arrivals }))).toEqual([
      "delete mirror/app:a gone",
      "skip mirror/app:b foreign",
    ]);
  });

  it("never deletes what another rule brought", () => {
    const repositories = { app: { source: ["v1"], target: { v1: 1, a: 2 } } };
    expect(plan({ repositories, arrivals: [arrived("a", 2, { rule: "other" })] }).items).toEqual([]);
  });

  it("deletes of a repository that vanished only what it brought", () => {
    const repositories = { app: { source: [], target: { a: 1, b: 2, c: 3 } }, web: { source: ["v1"], target: { v1: 1 } } };
    const brought = [arrived("a", 1), arrived("b", 9)];
    expect(summary(plan({ repositories, arrivals: brought }))).toEqual(["delete mirror/app:a gone", "skip mirror/app:b foreign"]);
    expect(plan({ repositories }).items).toEqual([]);
  });

  it("deletes only what it brought where it selects by more than names", () => {
    const repositories = { app: { source: ["v1"], target: { v1: 1, a: 2, b: 3 } } };
    expect(summary(plan({ spec: spec({ tags: { newest: 2 } }), repositories, arrivals: [arrived("a", 2)] }))).toEqual([
      "delete mirror/app:a gone",
    ]);
  });

  it("looks at nothing beyond the tags that an event named", () => {
    const repositories = { app: { source: ["v1"], target: { v1: 1, a: 2, b: 3 } } };
    const listing = { whole: false, entries: 0 };
    expect(summary(plan({ repositories, listing, scope: new Set(["team/app:b", "team/app:v1"]) }))).toEqual(["delete mirror/app:b gone"]);
  });

  it("deletes none of too many, by number and by share, and tells how many", () => {
    const there = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`v${n}`, n]));
    const repositories = { app: { source: ["v0", "v1", "v2", "v3", "v4", "v5", "v6"], target: there } };
    for (const deletion of [
      { propagate: true, maxCount: 2, maxShare: 100 },
      { propagate: true, maxCount: 20, maxShare: 29.9 },
    ]) {
      const capped = plan({ spec: spec({ deletion }), repositories });
      expect(capped).toMatchObject({ capped: 3, present: 10 });
      expect(new Set(capped.items.map((item) => `${item.action} ${item.reason}`))).toEqual(new Set(["skip capped"]));
    }
    const allowed = plan({ spec: spec({ deletion: { propagate: true, maxCount: 3, maxShare: 30 } }), repositories });
    expect(allowed.items.map(({ action }) => action)).toEqual(["delete", "delete", "delete"]);
  });
});

const tag = fc.constantFrom("v1", "v2", "v3", "v4", "v5");
const side = fc.record({ source: fc.uniqueArray(tag), target: fc.dictionary(tag, fc.integer({ min: 1, max: 3 })) });
const repositories = fc.dictionary(fc.constantFrom("app", "web", "db"), side, { minKeys: 1 });
const arrivals = fc.array(
  fc
    .tuple(tag, fc.integer({ min: 1, max: 3 }), fc.constantFrom("r", "other"), fc.constantFrom("app", "web", "db"))
    .map(([name, n, rule, repository]) => arrived(name, n, { rule }, repository)),
  { maxLength: 6 },
);
const overwrite = fc.constantFrom("always", "never", "ours") as fc.Arbitrary<RuleSpec["overwrite"]>;
const scene = fc.record({ repositories, arrivals, spec: overwrite.map((mode) => spec({ overwrite: mode })) });
const deleted = (planned: PlannedDeletions) => planned.items.filter(({ action }) => action === "delete");

/** What can become of a listing: each leaves something unknown. */
type Damage = "lost page" | "cut off" | "swapped" | "nothing came" | "went on after its end";
const DAMAGES: readonly Damage[] = ["lost page", "cut off", "swapped", "nothing came", "went on after its end"];

function harm(pages: NamesPage[], damage: Damage): NamesPage[] {
  switch (damage) {
    case "lost page":
      return pages.filter(({ page }) => page !== Math.floor((pages.length - 1) / 2));
    case "cut off":
      return pages.slice(0, -1);
    case "swapped":
      return pages.length < 2 ? [] : [...pages].reverse();
    case "nothing came":
      return [];
    case "went on after its end":
      return [...pages, { repository: pages[0]?.repository ?? "", page: pages.length, last: true, tags: [] }];
  }
}

describe("DeletionPlan, for any tags", () => {
  it("deletes nothing from a listing of names with any fault in it, at either side, of any repository that it looked into", () => {
    let harmed = 0;
    fc.assert(
      fc.property(scene, fc.constantFrom(...DAMAGES), fc.constantFrom("source", "target"), fc.nat(5), (given, damage, which, nth) => {
        let seen = 0;
        let hit = false;
        const planned = plan({
          ...given,
          damage: (pages, at) => {
            if (at !== which || seen++ !== nth) return pages;
            hit = true;
            return harm(pages, damage);
          },
        });
        if (!hit) return;
        harmed += 1;
        expect(deleted(planned)).toEqual([]);
      }),
      { numRuns: 500 },
    );
    expect(harmed).toBeGreaterThan(50);
  });

  it("deletes nothing after a source's listing that failed, was partial or was empty", () => {
    fc.assert(
      fc.property(
        scene,
        fc.oneof(fc.record({ whole: fc.constant(false), entries: fc.nat() }), fc.constant({ whole: true, entries: 0 })),
        (given, listing) => {
          expect(deleted(plan({ ...given, listing }))).toEqual([]);
        },
      ),
    );
  });

  it("never deletes what the source has, what another rule brought, nor with `ours` what differs from what it brought; nor more than it may", () => {
    fc.assert(
      fc.property(scene, fc.nat(4), fc.integer({ min: 1, max: 100 }), (given, maxCount, maxShare) => {
        const limited = { ...given, spec: { ...given.spec, deletion: { propagate: true, maxCount, maxShare } } };
        const planned = plan(limited);
        const items = deleted(planned);
        expect(items.length).toBeLessThanOrEqual(maxCount);
        expect(items.length * 100).toBeLessThanOrEqual(maxShare * Math.max(planned.present, 1));
        const newest = new Map(given.arrivals.map((one) => [artifactName(one.target), one]));
        for (const item of items) {
          const name = item.source.repository.slice("team/".length);
          expect(given.repositories[name]?.source).not.toContain(item.source.tag);
          expect(item.digest).toBe(digest(given.repositories[name]?.target[item.target.tag] ?? 0));
          const arrival = newest.get(artifactName(item.target));
          expect(arrival?.rule ?? "r").toBe("r");
          if (given.spec.overwrite === "ours") expect(arrival?.digest).toBe(item.digest);
        }
      }),
    );
  });

  it("has nothing to delete once it is carried out", () => {
    fc.assert(
      fc.property(scene, (given) => {
        const gone = new Set(deleted(plan(given)).map(({ target: place }) => artifactName(place)));
        const after = Object.fromEntries(
          Object.entries(given.repositories).map(([name, { source, target: there }]) => [
            name,
            { source, target: Object.fromEntries(Object.entries(there).filter(([one]) => !gone.has(`mirror/${name}:${one}`))) },
          ]),
        );
        expect(deleted(plan({ ...given, repositories: after }))).toEqual([]);
      }),
    );
  });
});
