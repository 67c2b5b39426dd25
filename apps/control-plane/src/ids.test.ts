import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { executionId, taskId } from "./ids.ts";

describe("executionId", () => {
  it("is short, lower case and sorts by time", () => {
    const moment = fc.integer({ min: 0, max: 4_102_444_800_000 });
    fc.assert(
      fc.property(moment, moment, (a, b) => {
        const [first, second] = [executionId(new Date(a)), executionId(new Date(b))];
        expect(first).toMatch(/^x[0-9a-hjkmnp-tv-z]{15}$/);
        if (a !== b) expect(first < second).toBe(a < b);
      }),
    );
  });

  it("differs within a millisecond", () => {
    const now = new Date();
    expect(executionId(now)).not.toBe(executionId(now));
  });
});

describe("taskId", () => {
  const place = { instance: "gz", repository: "team/app", tag: "v1" };

  it("is the same for the same places, and tells different ones apart", () => {
    const there = { ...place, instance: "sg" };
    expect(taskId("x1", place, there)).toBe(taskId("x1", { ...place }, { ...there }));
    expect(taskId("x1", place, there)).toMatch(/^x1\.[0-9a-f]{10}$/);
    expect(taskId("x1", there, place)).not.toBe(taskId("x1", place, there));
    expect(taskId("x1", { ...place, repository: "team/a", tag: "ppv1" }, there)).not.toBe(taskId("x1", place, there));
  });
});
