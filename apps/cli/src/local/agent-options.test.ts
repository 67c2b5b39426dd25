import { describe, expect, it } from "vitest";
import { readLabels } from "./agent-options.ts";

describe("readLabels", () => {
  it("reads keys and values; a value may hold anything, or nothing", () => {
    expect(readLabels([])).toEqual({});
    expect(readLabels(["tier=fast", "query=a=b, c", "empty="])).toEqual({ tier: "fast", query: "a=b, c", empty: "" });
  });

  it.each([
    [["tier"], "must be key=value"],
    [["=fast"], "must be key=value"],
    [["a=1", "a=2"], "a is given twice"],
    [[`${"k".repeat(64)}=1`], "at most 63 characters"],
  ])("refuses %j", (texts, why) => {
    expect(() => readLabels(texts)).toThrow(why);
  });
});
