import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inPages } from "./in-pages.ts";
import { inParallel } from "./in-parallel.ts";
import { interleave } from "./interleave.ts";

const never = new AbortController().signal;

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

describe("inParallel", () => {
  it("keeps order, loses nothing and never exceeds its limit", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3), { maxLength: 20 }), fc.integer({ min: 1, max: 5 }), async (delays, limit) => {
        let running = 0;
        let most = 0;
        const work = async (index: number) => {
          running += 1;
          most = Math.max(most, running);
          await sleep(delays[index] ?? 0);
          running -= 1;
          return index;
        };
        const indexes = delays.map((_, index) => index);
        expect(await collect(inParallel(indexes, limit, never, work))).toEqual(indexes);
        expect(most).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 20 },
    );
  });

  it("stops and waits for the others when one fails, or when the reader leaves", async () => {
    const ended: number[] = [];
    const work = async (index: number, signal: AbortSignal) => {
      if (index === 1) throw new Error("one failed");
      if (index === 0) return index;
      await sleep(10_000, undefined, { signal }).catch(() => ended.push(index));
      return index;
    };
    await expect(collect(inParallel([0, 1, 2, 3], 4, never, work))).rejects.toThrow("one failed");
    expect(ended).toEqual([2, 3]);
    ended.length = 0;
    for await (const index of inParallel([0, 5, 6], 3, never, work)) if (index === 0) break;
    expect(ended).toEqual([5, 6]);
  });
});

describe("interleave", () => {
  it("brings everything, each sequence in order, at most so many open", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(2), { maxLength: 4 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        async (lists, limit) => {
          let open = 0;
          let most = 0;
          const sequence = async function* (list: number) {
            open += 1;
            most = Math.max(most, open);
            for (const [place, delay] of (lists[list] ?? []).entries()) {
              await sleep(delay);
              yield { list, place };
            }
            open -= 1;
          };
          const all = await collect(interleave(from(lists.map((_, index) => index)), limit, sequence));
          for (const [index, list] of lists.entries()) {
            expect(all.filter((item) => item.list === index).map((item) => item.place)).toEqual(list.map((_, place) => place));
          }
          expect(all).toHaveLength(lists.flat().length);
          expect(most).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("fails with the first failure and closes the others", async () => {
    let closed = 0;
    const sequence = async function* (name: string) {
      try {
        for (;;) {
          await sleep(1);
          if (name === "bad") throw new Error("bad one");
          yield name;
        }
      } finally {
        closed += 1;
      }
    };
    await expect(collect(interleave(from(["good", "bad"]), 2, sequence))).rejects.toThrow("bad one");
    expect(closed).toBe(2);
  });

  it("fails where the list of sequences does", async () => {
    const broken = async function* () {
      yield "one";
      throw new Error("list broke");
    };
    await expect(collect(interleave(broken(), 3, (name) => from([name])))).rejects.toThrow("list broke");
  });
});

describe("inPages", () => {
  it("fills pages and always gives at least one", async () => {
    expect(await collect(inPages(from([1, 2, 3, 4, 5]), 2))).toEqual([[1, 2], [3, 4], [5]]);
    expect(await collect(inPages(from([]), 2))).toEqual([[]]);
  });

  it("begins small where that is asked, and grows to the size", async () => {
    const sizes = (await collect(inPages(from(Array.from({ length: 100 }, (_, index) => index)), 30, { first: 4 }))).map(
      (page) => page.length,
    );
    expect(sizes).toEqual([4, 8, 16, 30, 30, 12]);
  });

  it("gives a sign of life while nothing comes, and loses nothing by it", async () => {
    const slow = async function* () {
      yield 1;
      await sleep(60);
      yield 2;
    };
    const pages = await collect(inPages(slow(), 10, { everyMs: 20 }));
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.flat()).toEqual([1, 2]);
  });
});
