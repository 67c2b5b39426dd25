import type { InventoryEntry } from "@transship/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comparePage } from "./compare-page.ts";

const rule = { source: { instance: "gz", namespace: "team" }, targets: [{ instance: "sg", namespace: "mirror" }] };
const [target] = rule.targets as [{ instance: string; namespace: string }];

function entry(repository: string, tag: string, digest: string): InventoryEntry {
  return { repository, tag, digest };
}

describe("comparing a page by digest", () => {
  it("tells what is missing and what differs under the target's names, and counts what is there", () => {
    const entries = [entry("team/app", "v1", "a"), entry("team/app", "v2", "b"), entry("team/web", "v1", "c")];
    const atTarget = new Map([
      ["mirror/app:v1", "a"],
      ["mirror/app:v2", "x"],
      ["mirror/app:v3", "y"],
    ]);
    expect(comparePage({ rule, target, entries, atTarget })).toEqual({
      differences: [
        { kind: "different", entry: entries[1], repository: "mirror/app", tag: "v2", atTarget: "x" },
        { kind: "missing", entry: entries[2], repository: "mirror/web", tag: "v1", atTarget: undefined },
      ],
      equal: 1,
      present: new Map([["mirror/app", 2]]),
    });
  });

  it("leaves out what has no place of its own at the target", () => {
    const entries = [entry("other/app", "v1", "a"), entry("team/app", "v1", "b")];
    const taken = new Map([[entries[1] as InventoryEntry, "team/first"]]);
    expect(comparePage({ rule, target, entries, atTarget: new Map(), taken })).toEqual({ differences: [], equal: 0, present: new Map() });
  });

  it("puts every entry into exactly one of equal, missing and different", () => {
    const digest = fc.constantFrom("a", "b");
    const pairs = fc.uniqueArray(fc.tuple(fc.nat(9), digest, fc.option(digest)), { selector: ([tag]) => tag });
    fc.assert(
      fc.property(pairs, (page) => {
        const entries = page.map(([tag, source]) => entry("team/app", `v${tag}`, source));
        const there = page.flatMap(([tag, , target]) => (target === null ? [] : [[`mirror/app:v${tag}`, target] as const]));
        const found = comparePage({ rule, target, entries, atTarget: new Map(there) });
        expect(found.equal + found.differences.length).toBe(page.length);
        expect(found.differences.filter(({ kind }) => kind === "missing")).toHaveLength(page.length - there.length);
        expect(found.present.get("mirror/app") ?? 0).toBe(there.length);
      }),
    );
  });
});
