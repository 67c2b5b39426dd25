import { parseResource, type Rule } from "@transship/model";
import { describe, expect, it } from "vitest";
import { drawScope } from "./draw-scope.ts";
import { duePoll } from "./due-poll.ts";
import type { Hint } from "./formats/hint.ts";

function ruleOf(more: object = {}): Rule {
  const spec = {
    source: { instance: "gz", namespace: "team", repository: "app.*", tag: "v.*" },
    targets: [{ instance: "sg" }],
    triggers: { events: true },
    ...more,
  };
  const parsed = parseResource({ apiVersion: "transship/v1", kind: "Rule", metadata: { name: "r" }, spec });
  if (!("resource" in parsed) || parsed.resource.kind !== "Rule") throw new Error(JSON.stringify(parsed));
  const createdAt = "2026-01-01T00:00:00.000Z";
  return { name: "r", labels: {}, spec: parsed.resource.spec, createdAt, updatedAt: createdAt };
}

const push = (repository: string, tag: string): Hint => ({ repository, tag, digest: "sha256:1", action: "push" });
const names = (rule: Rule, hint: Hint, instance = "gz") =>
  drawScope(rule, instance, hint).map(({ repository, tag }) => (tag === undefined ? repository : `${repository}:${tag}`));

describe("what a rule looks at because of a hint", () => {
  it("is the tag that was named, where the rule can select it by its name", () => {
    expect(drawScope(ruleOf(), "gz", push("team/app", "v1"))).toEqual([push("team/app", "v1")]);
    expect(names(ruleOf(), push("team/app", "latest"))).toEqual([]);
    expect(names(ruleOf(), push("team/web", "v1"))).toEqual([]);
    expect(names(ruleOf(), push("other/app", "v1"))).toEqual([]);
    expect(names(ruleOf(), push("team/app", "v1"), "sg")).toEqual([]);
    const filtered = ruleOf({ repositories: { exclude: ["app-old"] }, tags: { include: ["v1.*", "v2.*"], exclude: [".*-rc"] } });
    expect(["v1", "v2-rc", "v3"].flatMap((tag) => names(filtered, push("team/app", tag)))).toEqual(["team/app:v1"]);
    expect(names(ruleOf({ tags: { semver: ">=1.2" } }), push("team/app", "v1.3.0"))).toEqual(["team/app:v1.3.0"]);
    expect(names(ruleOf({ tags: { semver: ">=1.2" } }), push("team/app", "v1.1.0"))).toEqual([]);
    expect(names(filtered, push("team/app-old", "v1"))).toEqual([]);
  });

  it.each([{ tags: { newest: 3 } }, { tags: { pushedWithin: "1d" } }, { kinds: ["chart"] }])(
    "is the whole repository too with %j",
    (filter) => {
      expect(names(ruleOf(filter), push("team/app", "v1"))).toEqual(["team/app:v1", "team/app"]);
    },
  );

  it("is the whole repository for a signature, whatever the rule says of tags", () => {
    const signature = `sha256-${"a".repeat(64)}.sig`;
    expect(names(ruleOf(), push("team/app", signature))).toEqual([`team/app:${signature}`, "team/app"]);
  });

  it("is nothing for deletions unless the rule propagates them, nor for rules that are off or wait for no events", () => {
    const deletion: Hint = { repository: "team/app", tag: undefined, digest: "sha256:1", action: "delete" };
    expect(names(ruleOf(), deletion)).toEqual([]);
    expect(drawScope(ruleOf({ deletion: { propagate: true } }), "gz", deletion)).toEqual([{ repository: "team/app", action: "delete" }]);
    expect(names(ruleOf({ enabled: false }), push("team/app", "v1"))).toEqual([]);
    expect(names(ruleOf({ triggers: {} }), push("team/app", "v1"))).toEqual([]);
  });
});

describe("the poll of a rule", () => {
  const known = {
    rule: "r",
    schedule: undefined,
    nextAt: undefined,
    lastDueAt: undefined,
    missed: 0,
    lastMissedAt: undefined,
    lastFullAt: "2026-01-02T00:00:00.000Z",
    lastEventAt: undefined,
    lastEvent: undefined,
  };

  it("counts from the last run of everything, before the first from when the rule was made", () => {
    expect(duePoll(ruleOf(), undefined)?.at.toISOString()).toBe("2026-01-01T06:00:00.000Z");
    expect(duePoll(ruleOf({ triggers: { events: true, poll: "15m" } }), known)?.at.toISOString()).toBe("2026-01-02T00:15:00.000Z");
  });

  it("is none without events, or disabled", () => {
    expect(duePoll(ruleOf({ triggers: { poll: "1h" } }), known)).toBeUndefined();
    expect(duePoll(ruleOf({ enabled: false }), known)).toBeUndefined();
  });

  it("is at once for an edge that never ran, and sooner for one whose last run failed", () => {
    const edge = { ...ruleOf(), edge: { replication: "cn-tree", from: "a", to: "b" } };
    expect(duePoll(edge, undefined)).toEqual({ at: new Date(edge.createdAt), trigger: "fill" });
    expect(duePoll(edge, known)).toMatchObject({ trigger: "poll" });
    expect(duePoll(edge, known, "2026-01-02T00:01:00.000Z")).toEqual({ at: new Date("2026-01-02T00:01:00.000Z"), trigger: "repair" });
    expect(duePoll(edge, known, "2026-01-02T07:00:00.000Z")).toMatchObject({ trigger: "poll" });
    expect(duePoll(edge, known, "2026-01-01T23:59:00.000Z"), "a run since then took it up").toMatchObject({ trigger: "poll" });
  });
});
