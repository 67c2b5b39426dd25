import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LEAST_COST_BYTES } from "./fair-queue.ts";
import { isSmall, type Job } from "./job.ts";
import { Schedule } from "./schedule.ts";
import { OLDEST_EVERY } from "./share-queue.ts";

const MIB = 1024 * 1024;
/** The smallest job that these tests take for a large one. */
const LARGE = 2 * MIB;
const job = (share: string, bytes: number): Job => ({ share, bytes });
const bytes = fc.oneof(fc.integer({ min: 0, max: 2 * MIB }), fc.integer({ min: 0, max: 4 * 1024 * MIB }));
const jobs = fc.record({ share: fc.constantFrom("a", "b", "c", "d"), bytes });
const places = fc.record({ large: fc.integer({ min: 1, max: 4 }), small: fc.integer({ min: 1, max: 4 }) });

/** Everything that waits, one after the other. */
function drain(schedule: Schedule<Job>): Job[] {
  const order: Job[] = [];
  for (let next = schedule.next(); next !== undefined; next = schedule.next()) {
    order.push(next);
    schedule.ended(next);
  }
  return order;
}

describe("the schedule", () => {
  it("starts every job exactly once, never more than there are places, and leaves no place empty that a waiting job may take", () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: jobs.map((added) => ({ kind: "add" as const, job: added })) },
      { weight: 2, arbitrary: fc.nat(50).map((index) => ({ kind: "end" as const, index })) },
      { weight: 1, arbitrary: fc.nat(50).map((index) => ({ kind: "withdraw" as const, index })) },
    );
    fc.assert(
      fc.property(places, fc.array(step, { maxLength: 80 }), (limits, steps) => {
        const schedule = new Schedule<Job>(limits);
        const waiting = new Set<Job>();
        const running = new Set<Job>();
        const startAll = () => {
          for (let next = schedule.next(); next !== undefined; next = schedule.next()) {
            expect(waiting.delete(next)).toBe(true);
            running.add(next);
          }
          const large = [...running].filter((one) => !isSmall(one)).length;
          expect(large).toBeLessThanOrEqual(limits.large);
          expect(running.size).toBeLessThanOrEqual(limits.large + limits.small);
          const full = running.size === limits.large + limits.small;
          for (const one of waiting) expect(full || (!isSmall(one) && large === limits.large)).toBe(true);
          expect([schedule.waiting, schedule.running]).toEqual([waiting.size, running.size]);
        };
        for (const one of steps) {
          if (one.kind === "add") {
            const added = { ...one.job };
            schedule.add(added);
            waiting.add(added);
          } else if (one.kind === "end") {
            const ended = [...running][one.index];
            if (ended !== undefined && running.delete(ended)) schedule.ended(ended);
          } else {
            const left = [...waiting][one.index];
            if (left !== undefined) expect(schedule.withdraw(left)).toBe(waiting.delete(left));
          }
          startAll();
        }
        for (let ended = [...running][0]; ended !== undefined; ended = [...running][0]) {
          running.delete(ended);
          schedule.ended(ended);
          startAll();
        }
        expect(waiting.size).toBe(0);
      }),
    );
  });

  it("takes the largest of a share first, and every fourth time the one that waits longest", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: LARGE, max: 900 * MIB }), { minLength: 1, maxLength: 40 }), (sizes) => {
        const schedule = new Schedule<Job>({ large: 1, small: 1 });
        const waiting = sizes.map((size) => job("a", size));
        for (const one of waiting) schedule.add(one);
        drain(schedule).forEach((taken, turn) => {
          const largest = Math.max(...waiting.map((one) => one.bytes));
          if ((turn + 1) % OLDEST_EVERY === 0) expect(taken).toBe(waiting[0]);
          else expect(taken.bytes).toBe(largest);
          waiting.splice(waiting.indexOf(taken), 1);
        });
        expect(waiting).toEqual([]);
      }),
    );
  });

  it("lets shares that both have work take turns by bytes: neither is ahead by more than one job", () => {
    const sizes = fc.array(fc.integer({ min: LARGE, max: 64 * MIB }), { minLength: 5, maxLength: 30 });
    fc.assert(
      fc.property(sizes, sizes, (first, second) => {
        const schedule = new Schedule<Job>({ large: 1, small: 0 });
        for (const size of first) schedule.add(job("a", size));
        for (const size of second) schedule.add(job("b", size));
        const left = { a: first.length, b: second.length };
        const served = { a: 0, b: 0 };
        for (const taken of drain(schedule)) {
          const share = taken.share as "a" | "b";
          if (left.a > 0 && left.b > 0) expect(Math.abs(served.a - served.b)).toBeLessThanOrEqual(64 * MIB);
          left[share] -= 1;
          served[share] += taken.bytes;
        }
      }),
    );
  });

  it("lets a rule of one blob in at once though another has ten thousand", () => {
    const schedule = new Schedule<Job>({ large: 1, small: 1 });
    for (let count = 0; count < 10_000; count++) schedule.add(job("many", (2 + (count % 90)) * MIB));
    for (let count = 0; count < 500; count++) {
      const taken = schedule.next();
      if (taken !== undefined) schedule.ended(taken);
    }
    const late = job("one", 5 * MIB);
    schedule.add(late);
    const order = drain(schedule);
    expect(order).toHaveLength(9_501);
    expect(order.indexOf(late)).toBeLessThanOrEqual(2);
  });

  it("lets nothing starve: not a small blob behind larger ones of its rule, nor a rule behind new ones that keep coming", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.integer({ min: LARGE, max: 900 * MIB }), (ownRule, size) => {
        const schedule = new Schedule<Job>({ large: 1, small: 1 });
        // It has just been given a large blob, so that it stands behind everybody else.
        schedule.add(job("patient", size));
        const first = schedule.next();
        if (first !== undefined) schedule.ended(first);
        const patient = job("patient", LARGE);
        schedule.add(patient);
        const most = OLDEST_EVERY + (8 * size) / LARGE;
        let turns = 0;
        for (let taken: Job | undefined; taken !== patient; turns++) {
          expect(turns).toBeLessThanOrEqual(most);
          schedule.add(ownRule ? job("patient", 999 * MIB) : job(`new ${turns}`, LARGE));
          taken = schedule.next();
          if (taken !== undefined) schedule.ended(taken);
        }
      }),
    );
  });

  it("counts a request that moves nothing, so that endless questions of one rule do not keep another's waiting", () => {
    const schedule = new Schedule<Job>({ large: 1, small: 1 });
    for (let count = 0; count < 1_000; count++) schedule.add(job("asks", 0));
    for (let count = 0; count < 10; count++) schedule.add(job("other", LEAST_COST_BYTES));
    const order = drain(schedule).slice(0, 20);
    expect(order.filter((one) => one.share === "other")).toHaveLength(10);
  });
});
