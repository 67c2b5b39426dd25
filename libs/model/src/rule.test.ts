import { describe, expect, it } from "vitest";
import { isOntoItself } from "./rule.ts";

describe("isOntoItself", () => {
  it("is the same instance with the same names", () => {
    const source = { instance: "gz", namespace: "a" };
    expect(isOntoItself(source, { instance: "gz" })).toBe(true);
    expect(isOntoItself(source, { instance: "gz", namespace: "a" })).toBe(true);
    expect(isOntoItself(source, { instance: "gz", namespace: "b" })).toBe(false);
    expect(isOntoItself(source, { instance: "sg" })).toBe(false);
    expect(isOntoItself({ instance: "gz" }, { instance: "gz", namespace: "b" })).toBe(false);
  });
});
