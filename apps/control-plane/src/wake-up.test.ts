import { describe, expect, it } from "vitest";
import { WakeUp } from "./wake-up.ts";

const never = new AbortController().signal;

async function timed(sleep: Promise<void>): Promise<number> {
  const begin = performance.now();
  await sleep;
  return performance.now() - begin;
}

describe("WakeUp", () => {
  it("ends a sleep early, and the next sleep at once where the call came in between", async () => {
    const wakeUp = new WakeUp();
    const sleep = timed(wakeUp.sleep(5000, never));
    wakeUp.wake();
    expect(await sleep).toBeLessThan(1000);
    wakeUp.wake();
    expect(await timed(wakeUp.sleep(5000, never))).toBeLessThan(1000);
    expect(await timed(wakeUp.sleep(30, never))).toBeGreaterThanOrEqual(25);
  });

  it("ends when the signal aborts", async () => {
    const abort = new AbortController();
    const sleep = timed(new WakeUp().sleep(undefined, abort.signal));
    abort.abort();
    expect(await sleep).toBeLessThan(1000);
  });
});
