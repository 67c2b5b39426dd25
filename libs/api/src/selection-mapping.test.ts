import { describe, expect, it } from "vitest";
import { ListTags } from "./gen/transship/v1/work.ts";
import { listTagsToMessage, selectionFromMessage } from "./selection-mapping.ts";

const there = (ask: ListTags) => ListTags.decode(ListTags.encode(ask).finish());
const source = { instance: "gz", namespace: "team", tag: "v.*" };

describe("the question for what a rule selects", () => {
  it("comes back as the selection that it was", () => {
    const whole = {
      source,
      repositories: { exclude: ["old-.*"] },
      tags: { include: ["v.*"], semver: ">=1", prereleases: true, newest: 3, newestBy: "pushed" as const, pushedWithin: 86_400_000 },
      kinds: ["image" as const],
    };
    const ask = there(listTagsToMessage(whole, { now: 5, explain: true, inOrder: true, only: "team/app" }));
    expect(selectionFromMessage(ask, "gz")).toEqual(whole);
    expect(ask.selection).toMatchObject({ nowMs: 5, explain: true, inOrder: true, onlyRepository: "team/app" });
  });

  it("is in words that old agents know where the rule needs no others", () => {
    const ask = listTagsToMessage({ source }, { now: 5 });
    expect(ask).toEqual({ namespace: "team", repository: "", tag: "v.*" });
    expect(selectionFromMessage(there(ask), "gz")).toEqual({ source });
  });

  it("with kinds that this agent does not know selects none of them", () => {
    const ask = listTagsToMessage({ source, kinds: ["chart"] }, { now: 5 });
    if (ask.selection !== undefined) ask.selection.kinds = ["hologram"];
    expect(selectionFromMessage(there(ask), "gz").kinds).toEqual([]);
  });
});
