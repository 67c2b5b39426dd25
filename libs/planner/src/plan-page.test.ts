import { artifactName, type InventoryEntry, type RuleSpec, type RuleTarget, subjectOfTag } from "@transship/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planPage } from "./plan-page.ts";
import { mergeSubjects, type SubjectFate } from "./subjects.ts";

const digest = (n: number) => `sha256:${n.toString(16).padStart(64, "0")}`;
const signature = (n: number) => `${digest(n).replace(":", "-")}.sig`;
const target: RuleTarget = { instance: "sg", namespace: "mirror" };
const rule = (overwrite: RuleSpec["overwrite"] = "always"): RuleSpec => ({
  source: { instance: "gz", namespace: "team" },
  targets: [target],
  overwrite,
  enabled: true,
});
const entry = (tag: string, n: number, repository = "team/app"): InventoryEntry => ({ repository, tag, digest: digest(n) });
const there = (...tags: [tag: string, n: number][]) => new Map(tags.map(([tag, n]) => [`mirror/app:${tag}`, digest(n)]));

describe("planPage", () => {
  it("copies what is missing or changed and counts what is equal", () => {
    const plan = planPage({
      rule: rule(),
      target,
      entries: [entry("a", 1), entry("b", 2), entry("c", 3)],
      atTarget: there(["b", 9], ["c", 3]),
    });
    expect(plan.items.map((item) => [artifactName(item.target), item.action, item.reason])).toEqual([
      ["mirror/app:a", "copy", "missing"],
      ["mirror/app:b", "copy", "changed"],
    ]);
    expect(plan.unchanged).toBe(1);
  });

  it("leaves what differs where the rule never overwrites", () => {
    const plan = planPage({ rule: rule("never"), target, entries: [entry("a", 1), entry("b", 2)], atTarget: there(["b", 9]) });
    expect(plan.items.map((item) => [item.action, item.reason])).toEqual([
      ["copy", "missing"],
      ["skip", "kept"],
    ]);
  });

  it("lets signatures travel with a subject that is copied, whatever their order", () => {
    const plan = planPage({ rule: rule(), target, entries: [entry(signature(1), 7), entry("v1", 1)], atTarget: there() });
    expect(plan.items.map((item) => item.source.tag)).toEqual(["v1"]);
    expect(plan.carried).toBe(1);
  });

  it("copies a signature that is new on an image that is equal", () => {
    const plan = planPage({ rule: rule(), target, entries: [entry("v1", 1), entry(signature(1), 7)], atTarget: there(["v1", 1]) });
    expect(plan.items.map((item) => [item.source.tag, item.reason])).toEqual([[signature(1), "signed"]]);
    expect(plan.unchanged).toBe(1);
  });

  it("leaves the signature of an image that is not brought over", () => {
    const plan = planPage({ rule: rule("never"), target, entries: [entry("v1", 1), entry(signature(1), 7)], atTarget: there(["v1", 2]) });
    expect(plan.items.map((item) => [item.action, item.reason])).toEqual([
      ["skip", "kept"],
      ["skip", "kept"],
    ]);
  });

  it("knows subjects of pages before", () => {
    const subjects = new Map<string, SubjectFate>();
    mergeSubjects(subjects, planPage({ rule: rule(), target, entries: [entry("v1", 1)], atTarget: there() }).subjects);
    const plan = planPage({ rule: rule(), target, entries: [entry(signature(1), 7)], atTarget: there(), subjects });
    expect([plan.items.length, plan.carried]).toEqual([0, 1]);
  });
});

describe("planPage, where only what the rule brought may be replaced", () => {
  const brought = (...tags: [tag: string, n: number, platforms?: string[] | undefined][]) => ({
    tags: new Map(tags.map(([tag, n, platforms]) => [`mirror/app:${tag}`, { digest: digest(n), platforms }])),
    digests: new Set(tags.map(([, n]) => `mirror/app@${digest(n)}`)),
  });

  it("copies what is absent and what it brought, and leaves everything else", () => {
    const plan = planPage({
      rule: rule("ours"),
      target,
      entries: [entry("a", 1), entry("b", 2), entry("c", 3), entry("d", 4)],
      atTarget: there(["b", 8], ["c", 9], ["d", 9]),
      brought: brought(["b", 8], ["d", 7]),
    });
    expect(plan.items.map((item) => [item.source.tag, item.action, item.reason, item.expected])).toEqual([
      ["a", "copy", "missing", undefined],
      ["b", "copy", "changed", digest(8)],
      ["c", "skip", "foreign", undefined],
      ["d", "skip", "foreign", undefined],
    ]);
  });

  it("replaces the signatures of what it brought, and of nothing else", () => {
    const entries = [entry("v1", 1), entry(signature(1), 7), entry("v2", 2), entry(signature(2), 7)];
    const atTarget = there(["v1", 1], [signature(1), 6], ["v2", 2], [signature(2), 6]);
    const plan = planPage({ rule: rule("ours"), target, entries, atTarget, brought: brought(["v1", 1]) });
    expect(plan.items.map((item) => [item.source.tag, item.reason, item.expected])).toEqual([
      [signature(1), "signed", digest(6)],
      [signature(2), "foreign", undefined],
    ]);
  });

  it.each([
    [["linux/amd64"], ["linux/amd64"], 0],
    [["linux/amd64"], ["linux/amd64", "linux/arm64"], 1],
    [["linux/amd64"], undefined, 1],
    [undefined, ["linux/amd64"], 0],
  ])("of an index of which it brought %j it brings the rest where the rule names %j: %i", (had, wanted, copies) => {
    const { platforms: _none, ...plain } = { platforms: undefined, ...rule() };
    const plan = planPage({
      rule: wanted === undefined ? plain : { ...plain, platforms: wanted },
      target,
      entries: [entry("v1", 1)],
      atTarget: there(["v1", 1]),
      brought: brought(["v1", 1, had]),
    });
    expect(plan.items.map((item) => [item.reason, item.refill])).toEqual(copies === 0 ? [] : [["platforms", true]]);
  });
});

const tags = fc.oneof(fc.constantFrom("v1", "v2", "latest"), fc.integer({ min: 0, max: 3 }).map(signature));
const entries = fc.uniqueArray(
  fc.record({
    repository: fc.constantFrom("team/app", "team/web", "elsewhere"),
    tag: tags,
    digest: fc.integer({ min: 0, max: 3 }).map(digest),
  }),
  { selector: artifactName, maxLength: 12 },
);
const present = fc
  .array(fc.tuple(fc.constantFrom("mirror/app", "mirror/web"), tags, fc.integer({ min: 0, max: 3 }).map(digest)))
  .map((rows) => new Map(rows.map(([repository, tag, value]) => [`${repository}:${tag}`, value])));
const broughtThere = present.map((digests) => ({
  tags: new Map([...digests].map(([key, value]) => [key, { digest: value, platforms: undefined }])),
  digests: new Set([...digests].map(([key, value]) => `${key.slice(0, key.indexOf(":"))}@${value}`)),
}));
const overwrite = fc.constantFrom("always", "never", "ours") as fc.Arbitrary<RuleSpec["overwrite"]>;

describe("planPage, for any inventories", () => {
  it("accounts for every entry exactly once", () => {
    fc.assert(
      fc.property(entries, present, overwrite, (list, atTarget, mode) => {
        const plan = planPage({ rule: rule(mode), target, entries: list, atTarget });
        expect(plan.items.length + plan.unchanged + plan.carried).toBe(list.length);
        expect(new Set(plan.items.map((item) => artifactName(item.source))).size).toBe(plan.items.length);
      }),
    );
  });

  it("copies nothing that is equal, with `never` nothing that exists, and with `ours` nothing that others brought", () => {
    fc.assert(
      fc.property(entries, present, broughtThere, overwrite, (list, atTarget, brought, mode) => {
        for (const item of planPage({ rule: rule(mode), target, entries: list, atTarget, brought }).items) {
          if (item.action === "skip") continue;
          expect(atTarget.get(artifactName(item.target))).not.toBe(item.digest);
          const there = atTarget.get(artifactName(item.target));
          if (mode === "never") expect(there).toBeUndefined();
          if (mode !== "ours" || there === undefined) continue;
          const subject = subjectOfTag(item.source.tag);
          const ours = subject !== undefined && brought.digests.has(`${item.target.repository}@${subject}`);
          expect(ours || brought.tags.get(artifactName(item.target))?.digest === there).toBe(true);
        }
      }),
    );
  });

  it("has nothing to copy once it is carried out", () => {
    fc.assert(
      fc.property(entries, present, overwrite, (list, atTarget, mode) => {
        const after = new Map(atTarget);
        const first = planPage({ rule: rule(mode), target, entries: list, atTarget });
        for (const item of first.items) if (item.action === "copy") after.set(artifactName(item.target), item.digest);
        // A copied subject brings its digest tags along.
        for (const one of list) {
          const subject = subjectOfTag(one.tag);
          const brought = first.items.some(
            (item) => item.action === "copy" && item.digest === subject && item.source.repository === one.repository,
          );
          if (
            brought &&
            !(mode === "never" && atTarget.has(artifactName({ ...one, repository: one.repository.replace("team", "mirror") })))
          )
            after.set(artifactName({ ...one, repository: one.repository.replace("team", "mirror") }), one.digest);
        }
        const second = planPage({ rule: rule(mode), target, entries: list, atTarget: after });
        expect(second.items.filter((item) => item.action === "copy")).toEqual([]);
      }),
    );
  });

  it("agrees with the plain comparison for plain tags", () => {
    fc.assert(
      fc.property(entries, present, (list, atTarget) => {
        const plain = list.filter((one) => subjectOfTag(one.tag) === undefined && one.repository.startsWith("team/"));
        const expected = plain.filter((one) => atTarget.get(`${one.repository.replace("team", "mirror")}:${one.tag}`) !== one.digest);
        const plan = planPage({ rule: rule(), target, entries: plain, atTarget });
        expect(plan.items.map((item) => artifactName(item.source))).toEqual(expected.map(artifactName));
        expect(plan.items.every((item) => item.action === "copy")).toBe(true);
      }),
    );
  });
});
