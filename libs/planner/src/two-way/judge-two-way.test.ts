import type { Arrival, ConflictChoice } from "@transship/model";
import { describe, expect, it } from "vitest";
import { judgeTwoWay, type TwoWay } from "./judge-two-way.ts";
import { knownOf, type Remembered } from "./known.ts";

const source = { instance: "a", repository: "app" };
const target = { instance: "b", repository: "app" };
const elsewhere = { instance: "c", repository: "app" };
const arrival = (from: typeof source, to: typeof source, digest: string, at: string): Arrival => ({
  rule: "r",
  source: from,
  target: { ...to, tag: "v1" },
  digest,
  platforms: undefined,
  at,
});

function known(memory: Partial<Remembered>) {
  const { base, atSource, atTarget } = knownOf({ source, target, ...memory });
  return { base, atSource: [...atSource].sort(), atTarget: [...atTarget].sort() };
}

describe("what both sides had", () => {
  it("is nothing where nothing is remembered", () => {
    expect(known({})).toEqual({ base: undefined, atSource: [], atTarget: [] });
  });

  it("is the newest of what was brought either way and what was seen on both", () => {
    const there = arrival(source, target, "x", "1");
    const back = arrival(target, source, "y", "2");
    expect(known({ atTarget: there })).toMatchObject({ base: "x", atSource: ["x"], atTarget: ["x"] });
    expect(known({ atTarget: there, atSource: back })).toMatchObject({ base: "y", atSource: ["y"], atTarget: ["y"] });
    expect(known({ atTarget: there, atSource: back, agreed: { digest: "z", at: "3" } })).toMatchObject({ base: "z", atSource: ["z"] });
    expect(known({ atTarget: there, agreed: { digest: "z", at: "0" } })).toMatchObject({ base: "x" });
  });

  it("is nothing where two memories of one moment differ", () => {
    expect(known({ atTarget: arrival(source, target, "x", "1"), atSource: arrival(target, source, "y", "1") }).base).toBeUndefined();
  });

  it("is more on the side that something else came to since", () => {
    const there = arrival(source, target, "x", "1");
    expect(known({ atTarget: there, atSource: arrival(elsewhere, source, "y", "2") })).toEqual({
      base: "x",
      atSource: ["x", "y"],
      atTarget: ["x"],
    });
    expect(known({ atTarget: there, atSource: arrival(elsewhere, source, "y", "0") }).atSource).toEqual(["x"]);
  });
});

const twoWay = (memory: Partial<Remembered>, more: Partial<TwoWay> = {}): TwoWay => ({
  facing: "home",
  facingChoice: "stop",
  known: knownOf({ source, target, ...memory }),
  ...more,
});
const based = { agreed: { digest: "sha256:base", at: "1" } };
const judge = (conflict: ConflictChoice | undefined, way: TwoWay, here: string, there: string | undefined, settle = false) =>
  judgeTwoWay({ rule: conflict === undefined ? {} : { conflict }, settle }, way, here, there);

describe("a tag in two places", () => {
  it.each(["source", "newest", "stop", undefined] as const)("that one side moved follows that side, whatever is chosen (%s)", (choice) => {
    expect(judge(choice, twoWay(based), "sha256:new", "sha256:base").reason).toBe("changed");
    expect(judge(choice, twoWay(based), "sha256:base", "sha256:new").reason).toBe("ahead");
  });

  it.each([
    ["stop", "stop", undefined, "conflict"],
    [undefined, "stop", undefined, "conflict"],
    ["source", "stop", undefined, "settled"],
    ["source", "source", undefined, "conflict"],
    ["source", undefined, undefined, "settled"],
    ["stop", "source", undefined, "yields"],
    ["newest", "source", "source", "yields"],
    ["newest", "newest", "source", "settled"],
    ["newest", "newest", "target", "yields"],
    ["newest", "newest", undefined, "conflict"],
  ] as const)("that both moved, with the choice %s and %s there, created later at the %s: %s", (choice, facingChoice, newer, reason) => {
    for (const memory of [based, {}]) {
      expect(judge(choice, twoWay(memory, { facingChoice, newer }), "sha256:here", "sha256:there").reason).toBe(reason);
    }
  });

  it("says what both sides have and had", () => {
    expect(judge("stop", twoWay(based), "sha256:here", "sha256:there").detail.detail).toBe(
      "it moved on both sides: the source has sha256:here, the target sha256:there, both had sha256:base",
    );
    expect(judge("source", twoWay({}, { facingChoice: "source" }), "sha256:here", "sha256:there").detail.detail).toContain(
      "this rule and rule home both say that their source wins",
    );
  });

  it("that the target lost is not brought back, unless it is another now", () => {
    expect(judge("source", twoWay(based), "sha256:base", undefined).reason).toBe("withdrawn");
    expect(judge("stop", twoWay(based), "sha256:new", undefined).reason).toBe("missing");
    expect(judge("stop", twoWay({}), "sha256:base", undefined).reason).toBe("missing");
  });

  it("is the source's wherever a person settles it", () => {
    expect(judge("stop", twoWay(based), "sha256:here", "sha256:there", true).reason).toBe("settled");
    expect(judge("stop", twoWay(based), "sha256:base", "sha256:there", true).reason).toBe("settled");
    expect(judge("stop", twoWay(based), "sha256:base", undefined, true).reason).toBe("missing");
  });

  it("that came round by other rules is not taken for moved", () => {
    const memory = { atTarget: arrival(source, target, "sha256:1", "1"), atSource: arrival(elsewhere, source, "sha256:2", "2") };
    expect(judge("stop", twoWay(memory), "sha256:2", "sha256:1").reason).toBe("changed");
    expect(judge("stop", twoWay(memory), "sha256:3", "sha256:2").reason).toBe("changed");
  });
});
