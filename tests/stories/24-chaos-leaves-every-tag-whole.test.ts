import { describe, expect, it } from "vitest";
import { FAULT_KINDS } from "../chaos/draw-round.ts";
import { anySeed, playRounds, SHORT_BOUNDS } from "../chaos/play-rounds.ts";
import { REAL_KINDS } from "./stage/site.ts";

/** Nine rounds in which every kind of fault strikes, and one that nobody has seen before. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, anySeed()];

describe.skipIf(REAL_KINDS.length === 0)("chaos leaves every tag whole", { timeout: 600_000 }, () => {
  it("in ten rounds of faults, with one owner for each task and no tag before its time", async ({ signal }) => {
    const played = await playRounds(SEEDS, { bounds: SHORT_BOUNDS, kinds: REAL_KINDS, signal, tell: (line) => console.info(line) });

    expect(played.flatMap(({ round, problems }) => problems.map((problem) => `seed ${round.seed}: ${problem}`))).toEqual([]);
    // Disks can only be filled where one may be mounted; everything else strikes wherever it is due.
    const struck = played.flatMap((round) => round.struck);
    expect(struck).toHaveLength(played.flatMap(({ round }) => round.faults).length);
    expect(new Set(struck.map(({ fault }) => fault.kind))).toEqual(new Set(FAULT_KINDS));
    expect(struck.filter(({ fault, evidence }) => evidence === undefined && !fault.kind.endsWith("disk"))).toEqual([]);
    for (const { moves, tasks } of played) expect(Math.min(moves, tasks)).toBeGreaterThan(0);
  });
});
