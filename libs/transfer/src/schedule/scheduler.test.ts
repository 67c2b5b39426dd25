import { describe, expect, it } from "vitest";
import { Scheduler } from "./scheduler.ts";

const MIB = 1024 * 1024;
const large = { share: "a", bytes: 100 * MIB };
const small = { share: "a", bytes: 10 };
const never = new AbortController().signal;

describe("the scheduler", () => {
  it("runs small work beside large work that holds all of its places", async () => {
    const scheduler = new Scheduler({ large: 1, small: 1 });
    const gate = Promise.withResolvers<void>();
    const held = scheduler.run(large, never, () => gate.promise);
    const behind = scheduler.run(large, never, async () => "second");
    expect(await scheduler.run(small, never, async () => "beside")).toBe("beside");
    gate.resolve();
    await held;
    expect(await behind).toBe("second");
  });

  it("frees the place of work that failed", async () => {
    const scheduler = new Scheduler({ large: 1, small: 0 });
    await expect(scheduler.run(large, never, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(await scheduler.run(large, never, async () => "next")).toBe("next");
  });

  it("lets go of work that is aborted while it waits, and never begins it", async () => {
    const scheduler = new Scheduler({ large: 1, small: 1 });
    const gate = Promise.withResolvers<void>();
    const held = scheduler.run(large, never, () => gate.promise);
    const stop = new AbortController();
    let begun = false;
    const waiting = scheduler.run(large, stop.signal, async () => {
      begun = true;
    });
    stop.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
    await expect(scheduler.run(large, stop.signal, async () => undefined)).rejects.toThrow("stopped");
    gate.resolve();
    await held;
    expect(await scheduler.run(large, never, async () => begun)).toBe(false);
  });
});
