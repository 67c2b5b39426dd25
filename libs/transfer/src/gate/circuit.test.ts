import { TransshipError } from "@transship/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Circuit } from "./circuit.ts";
import { refused, registryFailed } from "./test-repository.ts";

const T0 = Date.UTC(2026, 10, 21, 9);

/** A circuit that five failures over a second opened at T0 + 1 s. */
function opened(): Circuit {
  const circuit = new Circuit(T0, () => 0);
  for (let failure = 0; failure < 5; failure++) circuit.failed(failure + 1, refused(), T0 + failure * 250);
  return circuit;
}

describe("Circuit", () => {
  it("opens after five failures in a row, and says since when and until when", () => {
    const circuit = opened();
    expect([circuit.kind, circuit.since]).toEqual(["open", T0 + 1_000]);
    const error = circuit.refusal("asking app", true, T0 + 2_000);
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", retryAfterMs: 4_000, what: "asking app" });
    expect(error?.why).toContain("circuit open since 2026-11-21T09:00:01.000Z, next probe in 4 s");
    expect(error?.why).toContain("ECONNREFUSED");
    expect(error?.cause).toBeInstanceOf(TransshipError);
  });

  it("stays closed when a success comes between, or when all fail within one moment", () => {
    const circuit = new Circuit(T0, () => 0);
    for (let failure = 0; failure < 20; failure++) {
      if (failure % 4 === 0) circuit.succeeded(failure, T0 + failure * 500);
      circuit.failed(failure, refused(), T0 + failure * 500);
    }
    expect(circuit.kind).toBe("closed");
    const burst = new Circuit(T0, () => 0);
    for (let failure = 0; failure < 50; failure++) burst.failed(failure, refused(), T0 + failure);
    expect(burst.kind).toBe("closed");
  });

  it("lets one probe through, and closes when it is answered", () => {
    const circuit = opened();
    expect(circuit.refusal("x", true, T0 + 6_000)).toBeUndefined();
    expect(circuit.refusal("x", false, T0 + 6_000)).toBeDefined();
    circuit.begin(9);
    expect([circuit.kind, circuit.since]).toEqual(["half-open", T0 + 1_000]);
    expect(circuit.refusal("x", true, T0 + 6_001)?.why).toContain("a probe is under way");
    // The end of a call from before it opened proves nothing.
    circuit.succeeded(3, T0 + 6_002);
    circuit.failed(4, refused(), T0 + 6_002);
    expect(circuit.kind).toBe("half-open");
    circuit.succeeded(9, T0 + 6_100);
    expect([circuit.kind, circuit.since]).toEqual(["closed", T0 + 6_100]);
    expect(circuit.refusal("x", true, T0 + 6_101)).toBeUndefined();
  });

  it("waits twice as long after each probe that failed, up to a minute, and keeps its beginning", () => {
    const circuit = opened();
    let now = T0 + 6_000;
    const pauses: number[] = [];
    for (let probe = 10; probe < 15; probe++) {
      circuit.begin(probe);
      circuit.failed(probe, registryFailed(), now);
      const refusal = circuit.refusal("x", true, now);
      expect(refusal?.code).toBe("REGISTRY_FAILED");
      pauses.push(refusal?.retryAfterMs ?? 0);
      now += refusal?.retryAfterMs ?? 0;
    }
    expect(pauses).toEqual([10_000, 20_000, 40_000, 60_000, 60_000]);
    expect(circuit.since).toBe(T0 + 1_000);
  });

  it("gives the next call the probe when the first was withdrawn", () => {
    const circuit = opened();
    circuit.begin(9);
    circuit.withdrawn(9, T0 + 7_000);
    expect(circuit.kind).toBe("open");
    expect(circuit.refusal("x", true, T0 + 7_000)).toBeUndefined();
  });

  it("opens to one probe, and no second, when the time comes that it named", () => {
    const event = fc.record({ after: fc.integer({ min: 0, max: 30_000 }), outcome: fc.constantFrom("ok", "down", "nothing") });
    let probed = 0;
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), (events) => {
        const circuit = opened();
        let now = T0 + 1_000;
        for (const [pass, { after, outcome }] of events.entries()) {
          now += after;
          const refusal = circuit.refusal("x", true, now);
          now += refusal?.retryAfterMs ?? 0;
          expect(circuit.refusal("x", true, now)).toBeUndefined();
          const wasOpen = circuit.kind === "open";
          circuit.begin(pass);
          if (wasOpen) {
            probed += 1;
            expect(circuit.kind).toBe("half-open");
            expect(circuit.refusal("x", true, now + 1e9)).toBeDefined();
          }
          if (outcome === "ok") circuit.succeeded(pass, now);
          if (outcome === "down") circuit.failed(pass, refused(), now);
          if (outcome === "nothing") circuit.withdrawn(pass, now);
          expect(circuit.kind).not.toBe("half-open");
        }
      }),
    );
    expect(probed).toBeGreaterThan(0);
  });
});
