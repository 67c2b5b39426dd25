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
    expect(read).toBe(2);
    await results.return(undefined);
  });

  it("throws the first failure in order", async () => {
    const map = async (n: number) => {
      if (n > 0) throw new Error(`failed ${n}`);
      return n;
    };
    await expect(collect(inOrder(numbers(4), 4, map))).rejects.toThrow("failed 1");
  });
});
