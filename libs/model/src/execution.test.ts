import * as fc from "fast-check";
import { expect, it } from "vitest";
import { outcomeOf } from "./execution.ts";
import { EXECUTION_TRANSITIONS } from "./execution-state.ts";
import { mayFollow } from "./state-machine.ts";

it.each([
  [0, 0, 0, "succeeded"],
  [3, 0, 0, "succeeded"],
  [3, 1, 0, "partial"],
  [3, 1, 1, "partial"],
  [3, 3, 0, "failed"],
  [3, 1, 2, "failed"],
])("of %i tasks %i failed and %i were cancelled: %s", (total, failed, cancelled, expected) => {
  expect(outcomeOf({ total, failed, cancelled })).toBe(expected);
});

it("is always an end that an execution which copies may come to", () => {
  return fc.assert(
    fc.property(fc.nat(50), fc.nat(50), fc.nat(50), (done, failed, cancelled) => {
      expect(mayFollow(EXECUTION_TRANSITIONS, "copying", outcomeOf({ total: done + failed + cancelled, failed, cancelled }))).toBe(true);
    }),
  );
});
