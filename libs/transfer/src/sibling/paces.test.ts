import { describe, expect, it } from "vitest";
import { Paces } from "./paces.ts";

const MIB = 1024 * 1024;

/** Paces on a clock of its own, with `read`: so many bytes in so many milliseconds. */
function setUp() {
  let now = 0;
  const paces = new Paces(() => now);
  const read = (bytes: number, milliseconds: number) => {
    const end = paces.wait("r");
    now += milliseconds;
    end(bytes);
  };
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { paces, read, pass };
}

describe("what a sibling brings", () => {
  it("is judged after a while of warming up, against the source's throughput", () => {
    const { paces, read } = setUp();
    read(MIB, 2_000);
    expect(paces.isTooSlow("r", 100 * MIB)).toBe(false);
    read(4 * MIB, 2_000);
    // 2 MiB/s.
    expect([3, 5].map((far) => paces.isTooSlow("r", far * MIB))).toEqual([false, true]);
    expect(paces.isTooSlow("other", 5 * MIB)).toBe(false);
  });

  it("is too little below 1 MiB/s where nothing is known of the source, and never from 10 MiB/s on", () => {
    const { paces, read } = setUp();
    read(0, 2_000);
    read(MIB, 2_000);
    expect(paces.isTooSlow("r", undefined)).toBe(true);
    read(4 * MIB, 2_000);
    expect(paces.isTooSlow("r", undefined)).toBe(false);
    read(22 * MIB, 2_000);
    expect(paces.isTooSlow("r", 1_000 * MIB)).toBe(false);
  });

  it("counts only time in which bytes were waited for, and that of reads side by side once", () => {
    const { paces, read, pass } = setUp();
    read(0, 2_000);
    for (let index = 0; index < 4; index++) {
      pass(60_000);
      const [one, two] = [paces.wait("r"), paces.wait("r")];
      pass(500);
      one(2 * MIB);
      two(2 * MIB);
    }
    // 7 MiB/s, since the last read of the window ends after it; judged by the pauses too, it would be far less.
    expect([13, 17].map((far) => paces.isTooSlow("r", far * MIB))).toEqual([false, true]);
  });

  it("is believed for a minute", () => {
    const { paces, read, pass } = setUp();
    read(0, 2_000);
    read(1000, 2_000);
    expect(paces.isTooSlow("r", undefined)).toBe(true);
    pass(60_000);
    expect(paces.isTooSlow("r", undefined)).toBe(false);
  });
});
