import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Contender, Turns } from "./turns.ts";

const contender = (rule: string, priority = 0, running = 0): Contender => ({ execution: `x-${rule}`, rule, priority, running });

describe("turns", () => {
  it("go to the highest priority", () => {
    expect([...new Turns().deal([contender("low"), contender("high", 5)], 7)]).toEqual([["x-high", 7]]);
  });

  it("are shared by equals, whatever each has to do, and make up for what runs already", () => {
    const dealt = new Turns().deal([contender("a"), contender("b"), contender("c", 0, 4)], 6);
    expect(Object.fromEntries(dealt)).toEqual({ "x-a": 3, "x-b": 3 });
  });

  it("alternate where there is one at a time and nothing runs in between", () => {
    const turns = new Turns();
    const both = [contender("a"), contender("b")];
    expect(Array.from({ length: 6 }, () => [...turns.deal(both, 1).keys()][0])).toEqual(["x-a", "x-b", "x-a", "x-b", "x-a", "x-b"]);
  });

  it("deal nothing to nobody", () => {
    expect(new Turns().deal([], 9).size).toBe(0);
  });

  it("starve nobody: each contender is served within eight turns for each that contends", () => {
    const some = fc.uniqueArray(
      fc.record({ rule: fc.string({ minLength: 1, maxLength: 3 }), priority: fc.integer({ min: -100, max: 100 }), running: fc.nat(50) }),
      {
        selector: ({ rule }) => rule,
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 7 }), (rules, atOnce) => {
        const turns = new Turns();
        const contenders = rules.map(({ rule, priority, running }) => contender(rule, priority, running));
        const served = new Set<string>();
        for (let turn = 0; turn < 8 * contenders.length + atOnce; turn += atOnce)
          for (const execution of turns.deal(contenders, atOnce).keys()) served.add(execution);
        expect(served.size).toBe(contenders.length);
      }),
    );
  });
});
