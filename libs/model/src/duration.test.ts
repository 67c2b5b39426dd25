import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { duration, durationText } from "./duration.ts";

describe("duration", () => {
  it.each([
    ["90s", 90_000],
    ["15m", 900_000],
    ["12h", 43_200_000],
    ["30d", 2_592_000_000],
    ["2w", 1_209_600_000],
    ["1.5h", 5_400_000],
    [1500, 1500],
  ])("reads %s as milliseconds", (given, milliseconds) => {
    expect(duration.parse(given)).toBe(milliseconds);
  });

  it.each(["", "0s", "-1h", "5", "3 fortnights", "99999999w", 0, Number.NaN, 1.5])("refuses %s", (given) => {
    expect(duration.safeParse(given).success).toBe(false);
  });

  it("reads back what it writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (seconds) => {
        expect(duration.parse(durationText(seconds * 1000))).toBe(seconds * 1000);
      }),
    );
  });
});
