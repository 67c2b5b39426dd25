import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InstanceGate } from "./instance-gate.ts";
import type { GateLimits } from "./limits.ts";
import type { Pass } from "./pass.ts";
import type { Lane } from "./places.ts";
import { settle, TestClock } from "./test-clock.ts";
import { refused, registryFailed, tooManyRequests } from "./test-repository.ts";

function stage(limits: GateLimits = {}) {
  const clock = new TestClock();
  const gate = new InstanceGate({ limits, now: clock.now, sleep: clock.sleep, random: () => 0 });
  /** Passes in the order in which they were given, and the moments of that from the start. */
  const given: { name: string; at: number; pass: Pass }[] = [];
  const failures: unknown[] = [];
  const start = clock.now();
  const ask = (name: string, lane: Lane = "small", signal?: AbortSignal): void => {
    gate.enter({ lane, what: name, signal }).then(
      (pass) => given.push({ name, at: clock.now() - start, pass }),
      (error: unknown) => failures.push(error),
    );
  };
  const names = (): string => given.map(({ name }) => name).join(" ");
  return { clock, gate, given, failures, ask, names };
}

/** Fails five calls one after the other, over more than a second. */
async function takeDown({ gate, clock }: ReturnType<typeof stage>): Promise<void> {
  for (let failure = 0; failure < 5; failure++) {
    await gate.run({ lane: "small", what: "x" }, () => Promise.reject(refused())).catch(() => undefined);
    await clock.advance(300);
  }
}

describe("places", () => {
  it("gives no more passes than the limit, in the order of arrival, and keeps a quarter for small requests", async () => {
    const { ask, names, given, gate } = stage({ connections: 4 });
    for (const name of ["d1", "d2", "u3", "d4", "u5"]) ask(name, name.startsWith("d") ? "download" : "upload");
    ask("s1");
    ask("s2");
    await settle();
    expect(names()).toBe("d1 d2 u3 s1");
    expect(gate.state).toMatchObject({ inFlight: 4, waiting: 3, concurrency: 4, circuit: "closed" });
    given[3]?.pass.end({ kind: "fine" });
    await settle();
    expect(names()).toBe("d1 d2 u3 s1 s2");
    given[0]?.pass.end({ kind: "fine" });
    await settle();
    expect(names()).toBe("d1 d2 u3 s1 s2 d4");
  });

  it("frees a place once, however often a pass is ended", async () => {
    const { ask, names, given } = stage({ connections: 1 });
    for (const name of ["a", "b", "c"]) ask(name);
    await settle();
    given[0]?.pass.end({ kind: "fine" });
    given[0]?.pass.end({ kind: "fine" });
    await settle();
    expect(names()).toBe("a b");
  });

  it("lets a download through when uploads that wait for it hold every place", async () => {
    const { ask, names, given } = stage({ connections: 1 });
    ask("u1", "upload");
    ask("u2", "upload");
    ask("d1", "download");
    await settle();
    expect(names()).toBe("u1");
    given[0]?.pass.starves(true);
    await settle();
    expect(names()).toBe("u1 d1");
  });

  it("never has more in flight than the limit, and serves everybody, whatever they do and whoever gives up", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("ask" as const), lane: fc.constantFrom<Lane>("small", "download", "upload") }),
      fc.record({ kind: fc.constant("end" as const), at: fc.nat(), verdict: fc.constantFrom("fine", "nothing", "throttled", "down") }),
      fc.record({ kind: fc.constant("abort" as const), at: fc.nat() }),
      fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 3_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), async (steps, connections) => {
        const { ask, given, failures, gate, clock } = stage({ connections, requestsPerSecond: 50 });
        const controllers: AbortController[] = [];
        const inFlight: Pass[] = [];
        let taken = 0;
        const collect = async (): Promise<void> => {
          await settle();
          while (taken < given.length) {
            const { pass } = given[taken++] ?? {};
            if (pass !== undefined) inFlight.push(pass);
          }
          expect(inFlight.length).toBeLessThanOrEqual(connections);
          expect(gate.state.inFlight).toBe(inFlight.length);
        };
        const end = (at: number, verdict: string): void => {
          const [pass] = inFlight.splice(at % Math.max(1, inFlight.length), 1);
          if (verdict === "throttled") pass?.end({ kind: "throttled", error: tooManyRequests(700) });
          else if (verdict === "down") pass?.end({ kind: "down", error: registryFailed() });
          else pass?.end({ kind: verdict === "fine" ? "fine" : "nothing" });
        };
        for (const move of steps) {
          if (move.kind === "wait") await clock.advance(move.ms);
          if (move.kind === "end") end(move.at, move.verdict);
          if (move.kind === "abort") controllers[move.at % Math.max(1, controllers.length)]?.abort();
          if (move.kind === "ask") {
            const controller = new AbortController();
            controllers.push(controller);
            ask("call", move.lane, controller.signal);
          }
          await collect();
        }
        for (let round = 0; round < 200 && (inFlight.length > 0 || gate.state.waiting > 0); round++) {
          while (inFlight.length > 0) end(0, "fine");
          await clock.advance(1_000);
          await collect();
        }
        expect(given.length + failures.length).toBe(controllers.length);
        expect(gate.state).toMatchObject({ inFlight: 0, waiting: 0 });
        expect(clock.timers).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe("requests per second", () => {
  it("lets a second's worth go at once, then keeps the rate, and follows a new one", async () => {
    const { ask, given, gate, clock } = stage({ requestsPerSecond: 2 });
    for (let call = 0; call < 6; call++) ask("x");
    await clock.advance(1_000);
    expect(given.map(({ at }) => at)).toEqual([0, 0, 500, 1_000]);
    gate.setLimits({});
    await settle();
    expect(given).toHaveLength(6);
    expect(gate.state.throttledMs).toBe(500 + 3 * 1_000);
    expect(clock.timers).toBe(0);
  });

  it("refuses limits that are none", () => {
    const { gate } = stage();
    for (const limits of [{ connections: 0.5 }, { bytesPerSecond: 0 }, { requestsPerSecond: Number.NaN }])
      expect(() => gate.setLimits(limits)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(gate.limits).toEqual({});
  });
});

describe("Retry-After", () => {
  it("closes the gate for everybody until the moment named, and halves what goes out then", async () => {
    const { ask, given, names, gate, clock } = stage({ connections: 8 });
    for (let call = 0; call < 8; call++) ask("first");
    await settle();
    ask("queued");
    given[0]?.pass.end({ kind: "throttled", error: tooManyRequests(3_000) });
    for (const { pass } of given.slice(1)) pass.end({ kind: "throttled", error: tooManyRequests(1_000) });
    for (let call = 0; call < 6; call++) ask("late");
    expect(gate.state).toMatchObject({ closedUntil: clock.now() + 3_000, concurrency: 4, waiting: 7 });
    expect(gate.shut).toBe(true);
    await clock.advance(2_999);
    expect(given).toHaveLength(8);
    await clock.advance(1);
    expect(names().split(" ").slice(8)).toEqual(["queued", "late", "late", "late"]);
    expect(gate.state.closedUntil).toBeUndefined();
  });

  it("adds jitter, so that not everybody returns at once", () => {
    const clock = new TestClock();
    const gate = new InstanceGate({ now: clock.now, sleep: clock.sleep, random: () => 0.5 });
    return gate
      .run({ lane: "small", what: "x" }, () => Promise.reject(tooManyRequests(10_000)))
      .catch(() => expect(gate.state.closedUntil).toBe(clock.now() + 10_500));
  });

  it("sends waits of more than 20 s to the scheduler, those that wait already too", async () => {
    const { ask, given, failures, gate, clock } = stage({ connections: 1 });
    ask("first");
    await settle();
    ask("queued");
    given[0]?.pass.end({ kind: "down", error: registryFailed(60_000) });
    await settle();
    ask("late");
    await settle();
    expect(failures).toMatchObject([
      { code: "TOOMANYREQUESTS", what: "queued", retryAfterMs: 60_000 },
      { code: "TOOMANYREQUESTS", what: "late", retryAfterMs: 60_000 },
    ]);
    await clock.advance(45_000);
    ask("patient");
    await clock.advance(14_999);
    expect(given).toHaveLength(1);
    await clock.advance(1);
    expect(given.at(-1)?.name).toBe("patient");
    expect(gate.state.circuit).toBe("closed");
  });

  it("sends those away, too, who wait for places that stay taken", async () => {
    const { ask, given, failures } = stage({ connections: 4 });
    for (const name of ["d1", "d2", "d3", "d4"]) ask(name, "download");
    ask("s1");
    await settle();
    given.find(({ name }) => name === "s1")?.pass.end({ kind: "throttled", error: tooManyRequests(60_000) });
    await settle();
    expect(failures).toMatchObject([{ what: "d4", retryAfterMs: 60_000 }]);
  });

  it("believes no more than a day", async () => {
    const { ask, given, failures, clock } = stage();
    ask("first");
    await settle();
    given[0]?.pass.end({ kind: "throttled", error: tooManyRequests(9 * 86_400_000) });
    ask("second");
    await settle();
    expect(failures).toMatchObject([{ retryAfterMs: 86_400_000 }]);
    await clock.advance(86_400_000);
    ask("third");
    await settle();
    expect(given.at(-1)?.name).toBe("third");
  });

  it("pauses longer and longer after 429s that name no time, once per storm", async () => {
    const { ask, given, gate, clock } = stage({ connections: 2 });
    const pauses: number[] = [];
    for (let storm = 0; storm < 7; storm++) {
      ask("x");
      ask("x");
      await settle();
      for (const { pass } of given.splice(0)) pass.end({ kind: "throttled", error: tooManyRequests() });
      pauses.push((gate.state.closedUntil ?? 0) - clock.now());
      await clock.advance(20_000);
      for (const { pass } of given.splice(0)) pass.end({ kind: "nothing" });
    }
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });
});

describe("429 that names no time", () => {
  it("is not forgotten because a call succeeds that went out before", async () => {
    const { ask, given, gate, clock } = stage();
    for (let call = 0; call < 3; call++) ask("x");
    await settle();
    const [first, second, third] = given.splice(0);
    first?.pass.end({ kind: "throttled", error: tooManyRequests() });
    second?.pass.end({ kind: "fine" });
    await clock.advance(500);
    ask("x");
    await settle();
    given.splice(0)[0]?.pass.end({ kind: "throttled", error: tooManyRequests() });
    expect(gate.state.closedUntil).toBe(clock.now() + 1_000);
    await clock.advance(1_000);
    third?.pass.end({ kind: "fine" });
    ask("x");
    await settle();
    given.splice(0)[0]?.pass.end({ kind: "fine" });
    ask("x");
    await settle();
    given.splice(0)[0]?.pass.end({ kind: "throttled", error: tooManyRequests() });
    expect(gate.state.closedUntil).toBe(clock.now() + 500);
  });
});

describe("the circuit in the gate", () => {
  it("fails everybody at once while it is open, lets one probe through, and closes", async () => {
    const down = stage();
    await takeDown(down);
    const { gate, ask, failures, given, clock } = down;
    expect(gate.state.circuit).toBe("open");
    ask("a");
    ask("b", "upload");
    await settle();
    expect(failures).toMatchObject([{ code: "CONNECTION_FAILED" }, { code: "CONNECTION_FAILED" }]);
    await clock.advance(5_000);
    ask("no probe", "upload");
    ask("probe", "download");
    ask("second");
    await settle();
    expect(given.map(({ name }) => name)).toEqual(["probe"]);
    expect(failures).toHaveLength(4);
    expect(gate.state.circuit).toBe("half-open");
    given[0]?.pass.answered();
    expect(gate.state).toMatchObject({ circuit: "closed", since: clock.now(), inFlight: 1 });
    ask("after");
    await settle();
    expect(given.at(-1)?.name).toBe("after");
    expect(clock.timers).toBe(0);
  });

  it("says when the next probe goes out, and what failed last", async () => {
    const staged = stage();
    const { clock, gate } = staged;
    expect(gate.state).not.toHaveProperty("lastFailure");
    await takeDown(staged);
    const { circuit, probeAt, lastFailure } = gate.state;
    expect(circuit).toBe("open");
    // 5 s after the last failure, which was 300 ms ago.
    expect((probeAt ?? 0) - clock.now()).toBe(4_700);
    expect(lastFailure).toMatchObject({ error: { code: refused().code }, at: clock.now() - 300 });
    await clock.advance(5_000);
    await gate.run({ lane: "small", what: "x" }, async () => "up");
    expect(gate.state).toMatchObject({ circuit: "closed", lastFailure });
    expect(gate.state).not.toHaveProperty("probeAt");
  });

  it("turns away those who wait when it opens", async () => {
    const { ask, given, failures, gate, clock } = stage({ connections: 5 });
    for (let call = 0; call < 5; call++) ask("first");
    await settle();
    ask("queued");
    for (const { pass } of given.slice(0, 5)) {
      await clock.advance(300);
      pass.end({ kind: "down", error: refused() });
    }
    await settle();
    expect(gate.state.circuit).toBe("open");
    expect(given.length + failures.length).toBe(6);
    expect(gate.state.waiting).toBe(0);
  });
});

describe("abort", () => {
  it("takes a waiter out of the line with the signal's reason, and leaves no timer", async () => {
    const { ask, failures, gate, clock, names } = stage({ requestsPerSecond: 1 });
    const controller = new AbortController();
    ask("first");
    ask("second", "small", controller.signal);
    await settle();
    expect([gate.state.waiting, clock.timers]).toEqual([1, 1]);
    const reason = new Error("stop");
    controller.abort(reason);
    await settle();
    expect(failures).toEqual([reason]);
    ask("third", "small", controller.signal);
    await settle();
    expect(failures).toEqual([reason, reason]);
    expect([gate.state.waiting, gate.state.inFlight, clock.timers, names()]).toEqual([0, 1, 0, "first"]);
  });

  it("counts an aborted call against nobody", async () => {
    const { gate, clock } = stage();
    for (let call = 0; call < 8; call++) {
      const own = new AbortController();
      const work = async (): Promise<never> => {
        own.abort();
        throw refused();
      };
      await gate.run({ lane: "small", what: "x", signal: own.signal }, work).catch(() => undefined);
      await clock.advance(500);
    }
    expect(gate.state).toMatchObject({ circuit: "closed", concurrency: 64, inFlight: 0 });
  });
});
