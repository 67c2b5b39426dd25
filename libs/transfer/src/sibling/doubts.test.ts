import { describe, expect, it } from "vitest";
import { Doubts } from "./doubts.ts";

const at = (digest: string | number, repository = "app") => ({ registry: "https://r", repository, digest: `sha256:${digest}` });

describe("wrong guesses", () => {
  it("are not made twice within a minute", () => {
    let now = 0;
    const doubts = new Doubts(() => now);
    doubts.missed(at(1));
    expect([doubts.has(at(1)), doubts.has(at(2)), doubts.has(at(1, "other"))]).toEqual([true, false, false]);
    now = 60_000;
    expect(doubts.has(at(1))).toBe(false);
  });

  it("end, four in a row, all guesses at the repository for a minute", () => {
    let now = 0;
    const doubts = new Doubts(() => now);
    for (const digest of [1, 2, 3]) doubts.missed(at(digest));
    expect(doubts.has(at(9))).toBe(false);
    doubts.missed(at(4));
    doubts.missed(at(5));
    expect([doubts.has(at(9)), doubts.has(at(9, "other"))]).toEqual([true, false]);
    now = 60_000;
    expect(doubts.has(at(9))).toBe(false);
    doubts.missed(at(6));
    expect(doubts.has(at(9))).toBe(false);
  });

  it("are forgiven by a right one", () => {
    const doubts = new Doubts(() => 0);
    for (const digest of [1, 2, 3]) doubts.missed(at(digest));
    doubts.confirmed(at(5));
    doubts.missed(at(4));
    expect([doubts.has(at(9)), doubts.has(at(1)), doubts.has(at(5))]).toEqual([false, true, false]);
  });

  it("are remembered in bounded number", () => {
    const doubts = new Doubts(() => 0);
    for (let index = 0; index < 10_001; index++) doubts.missed(at(index, `repository-${index}`));
    expect([doubts.has(at(0, "repository-0")), doubts.has(at(1, "repository-1"))]).toEqual([false, true]);
  });
});
