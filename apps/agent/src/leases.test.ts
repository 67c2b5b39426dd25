import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Leases } from "./leases.ts";
import { watchLeases } from "./watch-leases.ts";

const LEASE_MS = 90_000;

type Step =
  | { readonly do: "grant"; readonly task: number }
  | { readonly do: "renew"; readonly answerAfter: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "release"; readonly task: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("grant" as const), task: fc.nat(3) }),
  // Answers may be late, even later than the lease.
  fc.record({ do: fc.constant("renew" as const), answerAfter: fc.nat(LEASE_MS * 1.5) }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.nat(LEASE_MS) }),
  fc.record({ do: fc.constant("release" as const), task: fc.nat(3) }),
);

describe("leases", () => {
  it("are never believed for longer than the control plane grants them", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let now = 0;
        const leases = new Leases(() => now);
        // What a control plane grants whose clock begins at the earliest possible moment: when the message was sent, at its end of the wire.
        const granted = new Map<string, { epoch: number; until: number }>();
        let epoch = 0;
        const check = () => {
          for (const key of leases.held()) {
            const grant = granted.get(key.taskId);
            expect(grant?.epoch).toBe(key.epoch);
            expect(now).toBeLessThan(grant?.until ?? 0);
          }
        };
        for (const one of steps) {
          const taskId = "task" in one ? `t${one.task}` : "";
          if (one.do === "grant") {
            epoch += 1;
            leases.grant({ taskId, epoch }, LEASE_MS);
            granted.set(taskId, { epoch, until: now + LEASE_MS });
          } else if (one.do === "renew") {
            const sentAt = now;
            const keys = leases.held();
            for (const key of keys)
              granted.set(key.taskId, { epoch: key.epoch, until: Math.max(granted.get(key.taskId)?.until ?? 0, sentAt + LEASE_MS) });
            now += one.answerAfter;
            for (const gone of leases.takeExpired()) expect(leases.holds(gone)).toBe(false);
            leases.extend(keys, sentAt);
          } else if (one.do === "wait") {
            now += one.ms;
          } else {
            const key = leases.held().find((held) => held.taskId === taskId);
            if (key !== undefined) leases.release(key);
          }
          check();
          const next = leases.msToNextExpiry();
          if (next !== undefined && leases.held().length > 0) expect(next).toBeLessThanOrEqual(LEASE_MS);
        }
        now += LEASE_MS;
        leases.takeExpired();
        expect(leases.held()).toEqual([]);
        expect(leases.msToNextExpiry()).toBeUndefined();
      }),
    );
  });

  it("know epochs: an older one neither replaces, nor extends, nor releases", () => {
    let now = 0;
    const leases = new Leases(() => now);
    leases.grant({ taskId: "t", epoch: 2 }, 1000);
    leases.grant({ taskId: "t", epoch: 1 }, 9000);
    leases.release({ taskId: "t", epoch: 1 });
    expect(leases.held()).toEqual([{ taskId: "t", epoch: 2 }]);
    now = 500;
    leases.extend([{ taskId: "t", epoch: 1 }], now);
    now = 950;
    expect(leases.takeExpired()).toEqual([{ taskId: "t", epoch: 2 }]);
  });
});

describe("watching leases", () => {
  afterEach(() => vi.useRealTimers());

  it("tells of each lease that ends, once, a little before it ends, and of none that was extended", () => {
    vi.useFakeTimers();
    const leases = new Leases();
    const lost: string[] = [];
    using _ = watchLeases(leases, (key) => lost.push(key.taskId));
    leases.grant({ taskId: "short", epoch: 1 }, 1_000);
    leases.grant({ taskId: "long", epoch: 1 }, 60_000);
    vi.advanceTimersByTime(850);
    expect(lost).toEqual([]);
    vi.advanceTimersByTime(60);
    expect(lost).toEqual(["short"]);
    leases.extend([{ taskId: "long", epoch: 1 }], leases.now());
    vi.advanceTimersByTime(54_100);
    expect(lost).toEqual(["short"]);
    vi.advanceTimersByTime(6_000);
    expect(lost).toEqual(["short", "long"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
