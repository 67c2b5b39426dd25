import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anything, compilePattern } from "./pattern.ts";

describe("compilePattern", () => {
  it("is anchored at both ends", () => {
    const pattern = compilePattern("app[0-9]+");
    expect(["app1", "app42"].every(pattern.matches)).toBe(true);
    expect(["app", "myapp1", "app1x", "app1\n", ""].some(pattern.matches)).toBe(false);
    expect(compilePattern("a|b").matches("ab")).toBe(false);
  });

  it("means everything when absent or empty", () => {
    expect(compilePattern(undefined)).toBe(anything);
    expect(compilePattern("")).toBe(anything);
    expect(anything.matches("x/y")).toBe(true);
  });

  it.each([
    ["v1", "v1"],
    ["v1\\.2", "v1.2"],
    ["team0/app-1", "team0/app-1"],
    ["v1.2", undefined],
    ["v1|v2", undefined],
    ["v\\d", undefined],
    ["(?i)v1", undefined],
  ])("knows the literal of %s", (source, literal) => {
    expect(compilePattern(source).literal).toBe(literal);
  });

  it("matches its literal and nothing else", () => {
    const text = fc.stringMatching(/^[a-z0-9._/-]{1,20}$/);
    return fc.assert(
      fc.property(text, text, (wanted, other) => {
        const pattern = compilePattern(wanted.replaceAll(/[.]/g, "\\$&"));
        expect(pattern.literal).toBe(wanted);
        expect(pattern.matches(wanted)).toBe(true);
        expect(pattern.matches(other)).toBe(other === wanted);
      }),
    );
  });

  it.each(["(", "[a", "a(?=b)", "(a)\\1", "*a", "a{2,1}"])("refuses %s and quotes it", (source) => {
    expect(() => compilePattern(source)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(JSON.stringify(source)) }),
    );
  });

  it("takes linear time for a pattern that hangs others", () => {
    const started = performance.now();
    expect(compilePattern("(a+)+b").matches("a".repeat(5_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
