import { describe, expect, it } from "vitest";
import { drawRound, FAULT_KINDS, TOPOLOGIES } from "./draw-round.ts";
import { BOUNDS } from "./play-rounds.ts";

const rounds = Array.from({ length: 200 }, (_, seed) => drawRound(seed, BOUNDS));

describe("a round", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(drawRound(7, BOUNDS)).toEqual(rounds[7]);
    expect(new Set(rounds.map((round) => JSON.stringify({ ...round, seed: 0 }))).size).toBe(rounds.length);
  });

  it("comes on every topology and with every kind of fault", () => {
    expect(new Set(rounds.map(({ topology }) => topology))).toEqual(new Set(Object.keys(TOPOLOGIES)));
    expect(new Set(rounds.flatMap(({ faults }) => faults.map(({ kind }) => kind)))).toEqual(new Set(FAULT_KINDS));
  });

  it("keeps to its bounds, pauses longer than a lease among them", () => {
    for (const { pushes, faults } of rounds) {
      expect(pushes.length).toBeGreaterThanOrEqual(BOUNDS.pushes[0]);
      expect(pushes.length).toBeLessThanOrEqual(BOUNDS.pushes[1]);
      for (const { atMs } of [...pushes, ...faults]) expect(atMs).toBeLessThanOrEqual(BOUNDS.activeMs);
      for (const fault of faults) if (fault.kind === "pause agent") expect(fault.forMs).toBeGreaterThan(BOUNDS.leaseMs);
    }
  });
});
