import { describe, expect, it } from "vitest";
import { Rivals } from "./rivals.ts";

const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1, 0, minutes));

describe("Rivals", () => {
  it("warns of the newest refused process of a name, for an hour", () => {
    const rivals = new Rivals();
    rivals.refused("a1", "m1", at(0));
    rivals.refused("a1", undefined, at(10));
    expect(rivals.warningFor("a2", at(10))).toBeUndefined();
    expect(rivals.warningFor("a1", at(70))).toMatch(/^another process, on an unknown host, claimed the name at 2026-01-01T00:10:00.000Z/);
    expect(rivals.warningFor("a1", at(71))).toBeUndefined();
    expect(rivals.warningFor("a1", at(11))).toBeUndefined();
  });
});
