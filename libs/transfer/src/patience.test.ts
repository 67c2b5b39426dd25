import { type ErrorCode, TransshipError } from "@transship/errors";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Patience } from "./patience.ts";

const waits: number[] = [];
vi.mock("node:timers/promises", () => ({ setTimeout: async (milliseconds: number) => void waits.push(milliseconds) }));

beforeEach(() => waits.splice(0));
afterEach(() => vi.restoreAllMocks());

const failure = (code: ErrorCode, retryAfterMs?: number) =>
  new TransshipError(code, { what: "testing", why: "because", ...(retryAfterMs !== undefined && { retryAfterMs }) });
const patience = () => new Patience("target", new AbortController().signal);

/** How many failures in a row it takes until patience ends; `between` is done after each pause. */
async function triesUntilEnd(one: Patience, error: TransshipError, between: () => void = () => undefined): Promise<number> {
  for (let tries = 1; tries <= 50; tries++) {
    try {
      await one.pause(error);
    } catch {
      return tries;
    }
    between();
  }
  return Number.POSITIVE_INFINITY;
}

describe("patience", () => {
  it("ends after five failures in a row, with the side and the tries in the error", async () => {
    const one = patience();
    for (let tries = 1; tries < 5; tries++) await one.pause(failure("CONNECTION_FAILED"));
    await expect(one.pause(failure("CONNECTION_FAILED"))).rejects.toMatchObject({ side: "target", tried: "tried 5 times" });
  });

  it("pauses longer and longer, never twice for the same time", async () => {
    const runs = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const one = patience();
        await one.pause(failure("REGISTRY_FAILED"));
      }),
    );
    expect(runs).toHaveLength(20);
    expect(new Set(waits).size).toBeGreaterThan(10);
    waits.splice(0);
    const one = patience();
    for (let tries = 1; tries < 5; tries++) await one.pause(failure("REGISTRY_FAILED"));
    expect(Math.max(...waits.slice(2))).toBeGreaterThan(waits[0] ?? Number.NaN);
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(8_000);
  });

  it("waits for what Retry-After asks and a moment that differs, so that not all come back at once", async () => {
    for (let index = 0; index < 20; index++) await patience().pause(failure("TOOMANYREQUESTS", 3_000));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(3_000);
    expect(Math.max(...waits)).toBeLessThan(4_000);
    expect(new Set(waits).size).toBeGreaterThan(10);
  });

  it("gives a pause of minutes back to the scheduler, and a final answer at once", async () => {
    expect(await triesUntilEnd(patience(), failure("TOOMANYREQUESTS", 600_000))).toBe(1);
    expect(await triesUntilEnd(patience(), failure("DENIED"))).toBe(1);
    expect(await triesUntilEnd(patience(), failure("DISK_FULL"))).toBe(1);
    expect(waits).toEqual([]);
  });

  it("begins anew after progress, but not for a few bytes each time", async () => {
    const steady = patience();
    expect(await triesUntilEnd(steady, failure("CONNECTION_FAILED"), () => steady.progressed(100_000))).toBe(Number.POSITIVE_INFINITY);
    const trickling = patience();
    expect(await triesUntilEnd(trickling, failure("CONNECTION_FAILED"), () => trickling.progressed(1_000))).toBe(5);
  });

  it("takes wrong bytes once, however much came right in between", async () => {
    const one = patience();
    await one.pause(failure("CONNECTION_FAILED"));
    expect(await triesUntilEnd(one, failure("DIGEST_INVALID"), () => one.progressed())).toBe(2);
  });
});
