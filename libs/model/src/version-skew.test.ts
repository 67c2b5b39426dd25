import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { versionSkew } from "./version-skew.ts";

describe("versionSkew", () => {
  it.each([
    ["0.2.0", "0.2.9"],
    ["1.4.0-rc.1", "v1.4.3+build"],
    ["", "0.2.0"],
    ["nightly", "0.2.0"],
    ["0.2x.0", "0.9.0"],
  ])("is none between %s and %s", (agent, plane) => {
    expect(versionSkew(agent, plane)).toBeUndefined();
  });

  it.each([
    ["0.1.0", "0.2.0", "agent", true],
    ["0.3.7", "0.2.0", "control-plane", true],
    ["0.1.0", "0.3.0", "agent", false],
    ["0.10.0", "0.2.0", "control-plane", false],
    ["1.0.0", "0.9.0", "control-plane", false],
    ["1.9.0", "2.0.0", "agent", false],
  ] as const)("of agent %s and control plane %s: the %s is behind, accepted: %s", (agent, plane, older, accepted) => {
    const skew = versionSkew(agent, plane);
    expect(skew).toMatchObject({ older, accepted });
    expect(skew?.why).toContain(`version ${agent}, the control plane ${plane}`);
  });

  it("sees the same difference from both sides", () => {
    const version = fc.tuple(fc.nat(3), fc.nat(4), fc.nat(9)).map((parts) => parts.join("."));
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [there, back] = [versionSkew(a, b), versionSkew(b, a)];
        expect(there?.accepted).toBe(back?.accepted);
        if (there !== undefined) expect(there.older).not.toBe(back?.older);
      }),
    );
  });
});
