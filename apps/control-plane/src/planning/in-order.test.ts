import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { inOrder } from "./in-order.ts";

async function* numbers(upTo: number, read: (n: number) => void = () => undefined): AsyncGenerator<number> {
  for (let n = 0; n < upTo; n++) {
    read(n);
    yield n;
  }
}

async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of all) list.push(one);
  return list;
}

describe("inOrder", () => {
  it("keeps the order, whatever takes long, with no more at once than allowed", async () => {
    let running = 0;
    let most = 0;
    const map = async (n: number) => {
      most = Math.max(most, ++running);
      await delay(n % 2 === 0 ? 8 : 1);
      running--;
      return n;
    };
    expect(await collect(inOrder(numbers(9), 3, map))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(most).toBe(3);
  });

  it("reads the source ahead only that far", async () => {
    let read = -1;
    const results = inOrder(
      numbers(100, (n) => (read = n)),
      3,
      async (n) => n,
    );
    expect((await results.next()).value).toBe(0);
    await delay(5);
    expect(read).toBeLessThanOrEqual(3);
    await results.return(undefined);
  });

  it("gives a result as soon as it is there, however long the source takes for the next item", async () => {
    const never = Promise.withResolvers<void>();
    const slow = async function* () {
      yield 1;
      await never.promise;
    };
    const results = inOrder(slow(), 3, async (n) => n);
    expect((await results.next()).value).toBe(1);
    never.resolve();
    expect((await results.next()).done).toBe(true);
  });

  it("lets its reader leave while the source hangs", async () => {
    const stuck = async function* () {
      yield 1;
      await new Promise(() => undefined);
    };
    const results = inOrder(stuck(), 3, async (n) => n);
    await results.next();
    expect((await results.return(undefined)).done).toBe(true);
  });

  it("closes the source when its reader leaves, and throws the source's failure after what came before it", async () => {
    let closed = 0;
    const source = async function* (breaks: boolean) {
      try {
        yield 1;
        if (breaks) throw new Error("the source broke");
        for (;;) yield 2;
      } finally {
        closed += 1;
      }
    };
    const left = inOrder(source(false), 2, async (n) => n);
    await left.next();
    await left.return(undefined);
    const seen: number[] = [];
    const broken = async () => {
      for await (const one of inOrder(source(true), 3, async (n) => delay(5, n))) seen.push(one);
    };
    await expect(broken()).rejects.toThrow("the source broke");
    expect([seen, closed]).toEqual([[1], 2]);
  });

  it("throws the first failure in order", async () => {
    const map = async (n: number) => {
      if (n > 0) throw new Error(`failed ${n}`);
      return n;
    };
    await expect(collect(inOrder(numbers(4), 4, map))).rejects.toThrow("failed 1");
  });
});
