import { type ArtifactKind, KINDS, type RuleSpec, subjectOfTag } from "@transship/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { REFUSALS } from "./refusals.ts";
import { selectRepository, selectTags } from "./select-tags.ts";
import type { Selection } from "./selection.ts";
import type { TagFacts } from "./tag-facts.ts";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 21);
const digest = (n: number) => `sha256:${n.toString(16).padStart(64, "0")}`;
const rule = (tags: RuleSpec["tags"], more: Partial<Selection> = {}): Selection => ({ source: { instance: "gz" }, tags, ...more });
const named = (...tags: string[]): TagFacts[] => tags.map((tag) => ({ tag }));
const select = (spec: Selection, tags: readonly TagFacts[]) => selectTags(spec, "app", tags, NOW).selected.map(({ tag }) => tag);
const reasons = (spec: Selection, tags: readonly TagFacts[]) =>
  selectTags(spec, "app", tags, NOW).refused.map(({ facts, refusal }) => [facts.tag, refusal.reason, refusal.explanation]);

describe("a repository", () => {
  const spec: Selection = {
    source: { instance: "gz", namespace: "team", repository: "app.*|web" },
    repositories: { include: ["app-.*", "web"], exclude: ["app-old"] },
  };

  it.each([
    ["team/app-1", undefined, undefined],
    ["team/web", undefined, undefined],
    ["other/web", "namespace", "other/web is not below team/"],
    ["team/webby", "repository-pattern", 'source.repository "app.*|web" does not match webby'],
    ["team/app1", "repository-not-included", '"app-.*", "web" do not match app1'],
    ["team/app-old", "repository-excluded", 'exclude "app-old" matches app-old'],
  ])("%s: %s", (repository, reason, explanation) => {
    expect(selectRepository(spec, repository)).toEqual(reason && { reason, explanation });
  });
});

describe("tags", () => {
  it("are matched whole, by every pattern that is given", () => {
    const spec = rule({ include: ["v.*", "latest"], exclude: [".*-rc.*"] }, { source: { instance: "gz", tag: "v1|v1-.*|latest" } });
    expect(select(spec, named("v1", "v10", "v1-a", "v1-rc1", "latest", "xlatest"))).toEqual(["v1", "v1-a", "latest"]);
    expect(reasons(spec, named("v10", "v1-rc1"))).toEqual([
      ["v10", "tag-pattern", 'source.tag "v1|v1-.*|latest" does not match v10'],
      ["v1-rc1", "excluded", 'exclude ".*-rc.*" matches v1-rc1'],
    ]);
    expect(reasons(rule({ include: ["v.*"] }), named("x"))).toEqual([["x", "not-included", '"v.*" does not match x']]);
  });

  it("may be versions within a range, with a leading v and Helm's underscore", () => {
    const tags = named("1.2.0", "v1.9.3", "2.0.0", "v1.3.0-rc.1", "1.2", "latest", "v1.4.0_7");
    expect(select(rule({ semver: ">=1.2 <2" }), tags)).toEqual(["1.2.0", "v1.9.3", "v1.4.0_7"]);
    expect(select(rule({ semver: ">=1.2 <2", prereleases: true }), tags)).toEqual(["1.2.0", "v1.9.3", "v1.3.0-rc.1", "v1.4.0_7"]);
    expect(reasons(rule({ semver: ">=1.2 <2" }), tags).map(([tag, reason]) => [tag, reason])).toEqual([
      ["2.0.0", "outside-range"],
      ["v1.3.0-rc.1", "pre-release"],
      ["1.2", "not-a-version"],
      ["latest", "not-a-version"],
    ]);
  });

  it("may be the newest by version: what is no version is the oldest, and so is a pre-release unless it is wanted", () => {
    const tags = named("v1.9.0", "latest", "v1.10.0", "v2.0.0-rc.1", "0.1.0");
    expect(select(rule({ newest: 2 }), tags)).toEqual(["v1.9.0", "v1.10.0"]);
    expect(select(rule({ newest: 2, prereleases: true }), tags)).toEqual(["v1.10.0", "v2.0.0-rc.1"]);
    expect(select(rule({ newest: 4 }), tags)).toEqual(["v1.9.0", "v1.10.0", "v2.0.0-rc.1", "0.1.0"]);
    expect(reasons(rule({ newest: 4 }), tags)).toEqual([["latest", "not-newest", "newest 4 by semver"]]);
  });

  it("may be the newest by name, digits by their value", () => {
    expect(select(rule({ newest: 2, newestBy: "name" }), named("build-9", "build-10", "build-007", "build-100"))).toEqual([
      "build-10",
      "build-100",
    ]);
  });

  it("may be the newest by time, the registry's before the image's own", () => {
    const tags = [
      { tag: "old", pushedAt: NOW - 9 * DAY, createdAt: NOW },
      { tag: "new", pushedAt: NOW - DAY, createdAt: NOW - 90 * DAY },
      { tag: "made", createdAt: NOW - 2 * DAY },
      { tag: "unknown" },
    ];
    expect(select(rule({ newest: 2, newestBy: "pushed" }), tags)).toEqual(["new", "made"]);
    expect(reasons(rule({ newest: 2, newestBy: "pushed" }), tags)).toEqual([
      ["old", "not-newest", "newest 2 by time (it was pushed 2026-11-12T00:00:00.000Z)"],
      ["unknown", "not-newest", "newest 2 by time; nothing tells its own"],
    ]);
    expect(reasons(rule({ pushedWithin: 3 * DAY }), tags)).toEqual([
      ["old", "too-old", "it was pushed 2026-11-12T00:00:00.000Z, longer than 3d ago"],
      ["unknown", "no-time", "neither the registry tells when it was pushed nor the image when it was created; the rule takes the last 3d"],
    ]);
  });

  it("may be of some kinds only", () => {
    const tags: TagFacts[] = [{ tag: "i", kind: "image" }, { tag: "c", kind: "chart" }, { tag: "a", kind: "artifact" }, { tag: "?" }];
    expect(select(rule(undefined, { kinds: ["chart", "artifact"] }), tags)).toEqual(["c", "a"]);
    expect(reasons(rule(undefined, { kinds: ["chart"] }), tags)).toEqual([
      ["i", "other-kind", "it is an image; the rule takes chart"],
      ["a", "other-kind", "it is an artifact; the rule takes chart"],
      ["?", "other-kind", "it is of an unknown kind; the rule takes chart"],
    ]);
  });

  it("that belong to a digest come with it, and count for no filter", () => {
    const tags = [
      { tag: "v1.0.0", digest: digest(1) },
      { tag: `${digest(1).replace(":", "-")}.sig`, digest: digest(9) },
      { tag: "v0.9.0", digest: digest(2) },
      { tag: `${digest(2).replace(":", "-")}.sig`, digest: digest(8) },
    ];
    expect(select(rule({ newest: 1, include: ["v.*"] }), tags)).toEqual(["v1.0.0", `${digest(1).replace(":", "-")}.sig`]);
    expect(
      reasons(rule({ newest: 1 }), tags)
        .at(-1)
        ?.slice(1),
    ).toEqual(["subject-not-selected", `it belongs to ${digest(2)}, which no selected tag names`]);
  });
});

const number = fc.integer({ min: 0, max: 12 });
const version = fc.tuple(fc.constantFrom("", "v"), number, number, fc.constantFrom("", "-rc.1", "-rc.2"));
const tagName = fc.oneof(
  version.map(([v, major, minor, rest]) => `${v}${major}.${minor}.0${rest}`),
  fc.constantFrom("latest", "main", "1.2", "build-9", "build-10"),
  number.map((n) => `${digest(n % 4).replace(":", "-")}.sig`),
);
const time = fc.option(
  fc.integer({ min: 0, max: 40 }).map((days) => NOW - days * DAY),
  { nil: undefined },
);
const facts = fc
  .record({ tag: tagName, n: fc.integer({ min: 0, max: 5 }), kind: fc.constantFrom(...KINDS), pushedAt: time, createdAt: time })
  .map(
    ({ tag, n, kind, pushedAt, createdAt }): TagFacts => ({
      tag,
      digest: digest(n),
      kind,
      ...(pushedAt === undefined ? {} : { pushedAt }),
      ...(createdAt === undefined ? {} : { createdAt }),
    }),
  );
const tagLists = fc.uniqueArray(facts, { selector: ({ tag }) => tag, maxLength: 15 });
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const pattern = fc.constantFrom("v.*", ".*0", "latest|main", ".*-rc.*", "1\\..*");
const selections = fc
  .record({
    tag: maybe(pattern),
    include: maybe(fc.array(pattern, { minLength: 1, maxLength: 2 })),
    exclude: maybe(fc.array(pattern, { maxLength: 2 })),
    semver: maybe(fc.constant(">=2.0.0 <9.0.0")),
    prereleases: maybe(fc.boolean()),
    newest: maybe(fc.integer({ min: 1, max: 5 })),
    newestBy: maybe(fc.constantFrom("semver" as const, "pushed" as const, "name" as const)),
    pushedWithin: maybe(fc.constant(20 * DAY)),
    kinds: maybe(fc.subarray([...KINDS], { minLength: 1 })),
  })
  .map(({ tag, kinds, ...tags }) => defined({ source: defined({ instance: "gz", tag }), kinds, tags: defined(tags) }) as Selection);

function defined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
}

/** The law said once more, with nothing of the code under test: JavaScript's own expressions, versions taken apart by hand, quadratic. */
function naively({ source, tags = {}, kinds }: Selection, all: readonly TagFacts[]): Set<string> {
  const whole = (text: string, name: string) => new RegExp(`^(?:${text})$`).test(name);
  const parts = (tag: string) => /^v?(\d+)\.(\d+)\.(\d+)(-rc\.(\d))?$/.exec(tag);
  const at = (one: TagFacts) => one.pushedAt ?? one.createdAt;
  const takes = (one: TagFacts) => {
    if (subjectOfTag(one.tag) !== undefined) return false;
    if (source.tag !== undefined && !whole(source.tag, one.tag)) return false;
    if (tags.include !== undefined && !tags.include.some((text) => whole(text, one.tag))) return false;
    if (tags.exclude?.some((text) => whole(text, one.tag))) return false;
    if (tags.semver !== undefined) {
      const [, major, , , pre] = parts(one.tag) ?? [];
      if (major === undefined || (pre !== undefined && tags.prereleases !== true)) return false;
      const tooLow = Number(major) < 2 || (pre !== undefined && /^v?2\.0\.0/.test(one.tag));
      // With pre-releases, 9.0.0-rc.1 is below 9.0.0.
      const tooHigh = Number(major) > 9 || (Number(major) === 9 && !(pre !== undefined && /^v?9\.0\.0/.test(one.tag)));
      if (tooLow || tooHigh) return false;
    }
    if (kinds !== undefined && !kinds.includes(one.kind as ArtifactKind)) return false;
    return tags.pushedWithin === undefined || (at(one) ?? Number.NEGATIVE_INFINITY) >= NOW - tags.pushedWithin;
  };
  const rank = (one: TagFacts): number[] => {
    if (tags.newestBy === "name") return [];
    if (tags.newestBy === "pushed") return [at(one) ?? -1];
    const [, major, minor, , pre, candidate] = parts(one.tag) ?? [];
    if (major === undefined || (pre !== undefined && tags.prereleases !== true)) return [-1];
    return [Number(major), Number(minor), pre === undefined ? 9 : Number(candidate)];
  };
  const byName = (one: TagFacts) => one.tag.replaceAll(/\d+/g, (digits) => digits.padStart(5, "0"));
  const isNewer = (a: TagFacts, b: TagFacts) => {
    const [x, y] = [rank(a), rank(b)];
    const index = x.findIndex((value, position) => value !== (y[position] ?? Number.NaN));
    if (index >= 0 || x.length !== y.length) return (x[Math.max(index, 0)] ?? 0) > (y[Math.max(index, 0)] ?? 0);
    return byName(a) > byName(b);
  };
  const left = all.filter(takes);
  const chosen = left.filter((one) => tags.newest === undefined || left.filter((other) => isNewer(other, one)).length < tags.newest);
  const digests = chosen.map((one) => one.digest);
  const carried = all.filter(({ tag }) => digests.includes(subjectOfTag(tag)));
  return new Set([...chosen, ...carried.filter(({ tag }) => subjectOfTag(tag) !== undefined)].map(({ tag }) => tag));
}

describe("a selection, for any tags", () => {
  it("agrees with the naive one", () => {
    fc.assert(
      fc.property(selections, tagLists, (spec, tags) => {
        expect(new Set(select(spec, tags))).toEqual(naively(spec, tags));
      }),
      { numRuns: 2000 },
    );
  });

  it("has every tag once, refused ones with a reason of the table", () => {
    fc.assert(
      fc.property(selections, tagLists, (spec, tags) => {
        const { selected, refused } = selectTags(spec, "app", tags, NOW);
        expect([...selected, ...refused.map((one) => one.facts)].map(({ tag }) => tag).sort()).toEqual(tags.map(({ tag }) => tag).sort());
        for (const { refusal } of refused) {
          expect(REFUSALS).toHaveProperty([refusal.reason]);
          expect(refusal.explanation).not.toBe("");
        }
      }),
    );
  });

  it("of what is selected selects all of it, in any order", () => {
    fc.assert(
      fc.property(selections, tagLists, (spec, tags) => {
        const { selected } = selectTags(spec, "app", tags, NOW);
        expect(select(spec, selected)).toEqual(selected.map(({ tag }) => tag));
        expect(new Set(select(spec, [...tags].reverse()))).toEqual(new Set(select(spec, tags)));
      }),
    );
  });
});
