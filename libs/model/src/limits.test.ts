import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limitsSchema } from "./limits.ts";

const bytes = (bytesPerSecond: unknown) => limitsSchema.safeParse({ bytesPerSecond });
const messages = (limits: unknown) => limitsSchema.safeParse(limits).error?.issues.map(({ message }) => message);

describe("limits", () => {
  it.each([
    [1, 1],
    [52_428_800, 52_428_800],
    ["50MiB", 52_428_800],
    ["500kB", 500_000],
    ["1GiB", 1024 ** 3],
    ["1.5 MB", 1_500_000],
    ["4096", 4096],
  ])("take %s as %d bytes a second", (given, expected) => {
    expect(bytes(given).data).toEqual({ bytesPerSecond: expected });
  });

  it.each([0, -1, 0.5, "0", "", "fast", "50 Mbit", "50mib", "-1MiB", "1e3", "99999999999GiB", "1toString", true, null])(
    "refuse %s and name the forms",
    (given) => {
      expect(messages({ bytesPerSecond: given })).toEqual([expect.stringMatching(/50MiB, 500kB or 1GiB$/)]);
    },
  );

  it("refuse what is no number of requests or connections", () => {
    expect(messages({ requestsPerSecond: 0, connections: 1.5 })).toEqual(["must be above zero", "must be a whole number of connections"]);
    expect(messages({ requestsPerSecond: "20", connections: 0 })).toEqual(["must be a number of requests", "must be at least 1"]);
    expect(limitsSchema.safeParse({ requestsPerSecond: 0.5, connections: 16 }).success).toBe(true);
  });

  it("never store anything but a whole number above zero, and read what they stored as the same", () => {
    const text = fc
      .tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.constantFrom("", "B", "kB", "MB", "GB", "KiB", "MiB", "GiB", "x"))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(text, fc.string(), fc.double()), (given) => {
        const first = bytes(given);
        if (!first.success) return;
        expect(first.data.bytesPerSecond).toSatisfy((count: number) => Number.isSafeInteger(count) && count > 0);
        expect(limitsSchema.parse(first.data)).toEqual(first.data);
      }),
    );
  });
});
