import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { InMemoryJournal } from "./memory-journal.ts";
import { PathMemory } from "./path-memory.ts";

const REGISTRY = "https://far.example";
const DAY = 24 * 3_600_000;
const KNOWN = { rttMs: 120, measuredAt: 1_000, streamRate: 2_000_000, lanes: { lanes: 16, rate: 9_000_000 } };

/** A request that is answered after so many milliseconds, and how often it was sent. */
function request(milliseconds: number) {
  const made = {
    count: 0,
    send: async () => {
      made.count += 1;
      await sleep(milliseconds);
    },
  };
  return made;
}

describe("what is known of a path", () => {
  it("is measured by two small requests once, unless what had to be asked anyway showed that it is short", async () => {
    const paths = new PathMemory(new InMemoryJournal());
    const far = request(40);
    await Promise.all([paths.measure(REGISTRY, far.send), paths.measure(REGISTRY, far.send)]);
    expect(far.count).toBe(2);
    expect(paths.isShort(REGISTRY)).toBe(false);
    const near = request(0);
    await paths.timed("near", near.send);
    await paths.measure("near", near.send);
    expect(near.count).toBe(1);
    expect(paths.isShort("near")).toBe(true);
  });

  it("is not waited for where an answer took long enough to be sure", async () => {
    const paths = new PathMemory(new InMemoryJournal());
    await paths.timed(REGISTRY, request(200).send);
    const slow = request(5_000);
    const startedAt = performance.now();
    void paths.measure(REGISTRY, slow.send);
    await paths.known(REGISTRY);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(slow.count).toBe(1);
    expect(paths.isShort(REGISTRY)).toBe(false);
  });

  it("is not taken for long while only this process is slow", async () => {
    const journal = new InMemoryJournal();
    const paths = new PathMemory(journal);
    const busy = async () => {
      const until = performance.now() + 40;
      while (performance.now() < until);
    };
    await paths.measure(REGISTRY, busy);
    expect(paths.rttMs(REGISTRY)).toBeGreaterThanOrEqual(40);
    expect([paths.isShort(REGISTRY), paths.isNear(REGISTRY)]).toEqual([true, true]);
    paths.keep(REGISTRY);
    expect(journal.path(REGISTRY)).toBeUndefined();

    paths.streamed(REGISTRY, 5_000_000, 2_000, 100);
    expect(paths.isShort(REGISTRY)).toBe(true);
    paths.streamed(REGISTRY, 5_000_000, 2_000, 1_900);
    expect(paths.isShort(REGISTRY)).toBe(false);
  });

  it("serves later processes, which measure nothing then", async () => {
    const journal = new InMemoryJournal();
    journal.savePath(REGISTRY, KNOWN);
    const paths = new PathMemory(journal, () => 2_000);
    const never = request(0);
    await paths.measure(REGISTRY, never.send);
    expect(never.count).toBe(0);
    expect(paths.rttMs(REGISTRY)).toBe(120);
    expect(paths.streamRate(REGISTRY)).toBe(2_000_000);
    expect(paths.lanes(REGISTRY).state).toMatchObject({ lanes: 16, phase: "settled" });
  });

  it("is measured anew after a day, and only the number of ranges is kept if the distance is the same", async () => {
    for (const [rttMs, lanes] of [
      [60, 16],
      [600, 32],
    ] as const) {
      const journal = new InMemoryJournal();
      journal.savePath(REGISTRY, { ...KNOWN, rttMs });
      const paths = new PathMemory(journal, () => KNOWN.measuredAt + DAY);
      const far = request(70);
      await paths.measure(REGISTRY, far.send);
      expect(far.count).toBe(2);
      expect(paths.lanes(REGISTRY).state.lanes).toBe(lanes);
    }
  });

  it("has the throughput that streams or ranges brought, whichever is more", () => {
    const journal = new InMemoryJournal();
    expect(new PathMemory(journal).rate(REGISTRY)).toBeUndefined();
    journal.savePath(REGISTRY, { ...KNOWN, streamRate: 3_000_000, lanes: { lanes: 8, rate: 5_000_000 } });
    const paths = new PathMemory(journal, () => KNOWN.measuredAt);
    expect(paths.rate(REGISTRY)).toBe(5_000_000);
    const plain = new PathMemory(new InMemoryJournal());
    plain.streamed(REGISTRY, 50_000_000, 5_000);
    expect(plain.rate(REGISTRY)).toBe(10_000_000);
  });

  it("is corrected by a shorter round trip than was remembered", async () => {
    const journal = new InMemoryJournal();
    journal.savePath(REGISTRY, { ...KNOWN, streamRate: undefined });
    const paths = new PathMemory(journal, () => 2_000);
    expect(paths.isShort(REGISTRY)).toBe(false);
    await paths.timed(REGISTRY, request(1).send);
    expect(paths.isShort(REGISTRY)).toBe(true);
  });

  it("is written down when it is news, and not for every copy", async () => {
    const journal = new InMemoryJournal();
    const written: number[] = [];
    const paths = new PathMemory(
      { path: (registry) => journal.path(registry), savePath: (_, { rttMs }) => void written.push(rttMs) },
      () => 5_000,
    );
    paths.keep(REGISTRY);
    expect(written).toEqual([]);
    await paths.timed(REGISTRY, request(30).send);
    paths.keep(REGISTRY);
    paths.keep(REGISTRY);
    expect(written).toHaveLength(1);
    paths.streamed(REGISTRY, 50_000_000, 5_000);
    paths.keep(REGISTRY);
    expect(written).toHaveLength(2);
  });
});
