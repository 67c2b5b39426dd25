import {
  artifactName,
  type InventoryEntry,
  isRepositoryName,
  mayCollide,
  type RuleSpec,
  type RuleTarget,
  subjectOfTag,
} from "@transship/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Claims, claimNames } from "./claim-names.ts";
import { mapToTarget } from "./map-to-target.ts";
import { type PagePlan, planPage } from "./plan-page.ts";
import { mergeSubjects, type SubjectFate } from "./subjects.ts";

const digest = (n: number) => `sha256:${n.toString(16).padStart(64, "0")}`;
const signature = (n: number) => `${digest(n).replace(":", "-")}.sig`;
/** Registries by name: digests by `repository:tag`. */
type World = Map<string, Map<string, string>>;

/** Plans a rule page by page as a control plane does, and gives what came of each target. */
function planAll(rule: RuleSpec, pages: readonly (readonly InventoryEntry[])[], world: World): PagePlan[] {
  const claims: Claims = new Map();
  const subjects = new Map(rule.targets.map((target) => [target, new Map<string, SubjectFate>()]));
  return pages.flatMap((entries) =>
    rule.targets.map((target) => {
      const taken = mayCollide(rule.targets) ? claimNames(claims, rule, target, entries) : undefined;
      const known = subjects.get(target) ?? new Map();
      const plan = planPage({ rule, target, entries, atTarget: world.get(target.instance) ?? new Map(), subjects: known, taken });
      mergeSubjects(known, plan.subjects);
      return plan;
    }),
  );
}

/** What agents do with a plan: tags are set, and digest tags of what is copied come along. */
function carryOut(plans: readonly PagePlan[], entries: readonly InventoryEntry[], world: World): void {
  for (const { source, target, digest: planned } of plans.flatMap(({ items }) => items.filter(({ action }) => action === "copy"))) {
    const there = world.get(target.instance) ?? new Map();
    there.set(artifactName(target), planned);
    for (const entry of entries) {
      if (entry.repository === source.repository && subjectOfTag(entry.tag) === planned) {
        there.set(artifactName({ repository: target.repository, tag: entry.tag }), entry.digest);
      }
    }
    world.set(target.instance, there);
  }
}

const tag = fc.oneof(fc.constantFrom("v1", "v2", "latest"), fc.integer({ min: 0, max: 3 }).map(signature));
const repository = fc.constantFrom("team/app", "team/a/app", "team/b/app", "team/web", "elsewhere", `team/${"x/".repeat(120)}app`);
const inventory = fc
  .uniqueArray(fc.record({ repository, tag, n: fc.integer({ min: 0, max: 3 }) }), { selector: artifactName, maxLength: 14 })
  // A digest has the same signature in every repository: where two that get one name disagree on it, the copy of the second one carries its own over, and the run
  // after that brings back the first one's.
  .map((entries) => entries.map(({ n, ...place }) => ({ ...place, digest: subjectOfTag(place.tag)?.replace(/0(.)$/, "5$1") ?? digest(n) })))
  // As agents list: a repository's digest tags after its other tags.
  .map((entries) => entries.sort((a, b) => Number(subjectOfTag(a.tag) !== undefined) - Number(subjectOfTag(b.tag) !== undefined)));
const template = fc.constantFrom(undefined, "{{repository}}", "{{name}}", "all", "{{namespace}}/{{name}}", "x-{{repository}}/y");
const target = fc
  .record({
    instance: fc.constantFrom("sg", "bj"),
    namespace: fc.constantFrom(undefined, "mirror", "m", "m/n"),
    repository: template,
    flatten: fc.constantFrom(undefined, 0, 1, "all" as const),
  })
  .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as RuleTarget);
const rules = fc
  .record({ targets: fc.array(target, { minLength: 1, maxLength: 3 }), overwrite: fc.constantFrom("always" as const, "never" as const) })
  .map(({ targets, overwrite }): RuleSpec => ({ source: { instance: "gz", namespace: "team" }, targets, overwrite, enabled: true }));
const cut = (entries: readonly InventoryEntry[], size: number) =>
  Array.from({ length: Math.ceil(entries.length / size) }, (_, index) => entries.slice(index * size, (index + 1) * size));

describe("a plan, for any targets", () => {
  it("never has a name that is none, nor two copies to one name", () => {
    fc.assert(
      fc.property(rules, inventory, fc.integer({ min: 1, max: 5 }), (rule, entries, size) => {
        const copies = planAll(rule, cut(entries, size), new Map()).flatMap(({ items }) => items.filter(({ action }) => action === "copy"));
        for (const { target: place } of copies) expect(isRepositoryName(place.repository)).toBe(true);
        const names = copies.map(({ target: place }) => `${place.instance}/${artifactName(place)}`);
        expect(new Set(names).size).toBe(names.length);
      }),
      { numRuns: 500 },
    );
  });

  it("is empty once it is carried out", () => {
    fc.assert(
      fc.property(rules, inventory, fc.integer({ min: 1, max: 5 }), (rule, entries, size) => {
        const world: World = new Map();
        carryOut(planAll(rule, cut(entries, size), world), entries, world);
        const left = planAll(rule, cut(entries, size), world).flatMap(({ items }) => items.filter(({ action }) => action === "copy"));
        expect(left).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("names at the target", () => {
  it("are repository names or said to be none, whatever the template", () => {
    const rest = fc.stringMatching(/^[a-z0-9]{1,90}(?:[/._-][a-z0-9]{1,90}){0,3}$/);
    fc.assert(
      fc.property(target, rest, (one, name) => {
        const mapped = mapToTarget({ source: { instance: "gz", namespace: "team" }, targets: [one] }, one, `team/${name}`);
        if (!("refused" in mapped)) expect(isRepositoryName(mapped.repository)).toBe(true);
      }),
    );
  });

  it("belong to the first repository that gets them, which the plan names", () => {
    const one: RuleTarget = { instance: "sg", namespace: "mirror", flatten: "all" };
    const rule: RuleSpec = { source: { instance: "gz" }, targets: [one], overwrite: "always", enabled: true };
    const entry = (name: string, version: string): InventoryEntry => ({ repository: name, tag: version, digest: digest(1) });
    const pages = [[entry("a/app", "v1")], [entry("b/app", "v1"), entry("b/app", "v2")]];
    const items = planAll(rule, pages, new Map()).flatMap((plan) => plan.items);
    expect(items.map((item) => [artifactName(item.source), item.reason, item.detail])).toEqual([
      ["a/app:v1", "missing", undefined],
      ["b/app:v1", "collides", "a/app has this name at the target"],
      ["b/app:v2", "missing", undefined],
    ]);
  });
});
