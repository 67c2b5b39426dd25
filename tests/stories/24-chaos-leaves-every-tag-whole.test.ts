import { describe, expect, it } from "vitest";
import { FAULT_KINDS } from "../chaos/draw-round.ts";
import { anySeed, playRounds, SHORT_BOUNDS } from "../chaos/play-rounds.ts";
import { REAL_KINDS } from "./stage/site.ts";

/** Nine rounds in which every kind of fault strikes, and one that nobody has seen before. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, anySeed()];
/** Rounds wait most of the time: on two stages side by side they take half of it. */
const STAGES = [SEEDS.slice(0, 5), SEEDS.slice(5)];

describe.skipIf(REAL_KINDS.length === 0)("chaos leaves every tag whole", { timeout: 600_000 }, () => {
  it("in ten rounds of faults, with one owner for each task and no tag before its time", async ({ signal }) => {
    const options = { bounds: SHORT_BOUNDS, kinds: REAL_KINDS, signal, tell: (line: string) => console.info(line) };
    const played = (await Promise.all(STAGES.map((seeds) => playRounds(seeds, options)))).flat();

    expect(played.flatMap(({ round, problems }) => problems.map((problem) => `seed ${round.seed}: ${problem}`))).toEqual([]);
    // Disks can only be filled where one may be mounted; everything else strikes wherever it is due.
    const struck = played.flatMap((round) => round.struck);
    expect(struck).toHaveLength(played.flatMap(({ round }) => round.faults).length);
    expect(new Set(struck.map(({ fault }) => fault.kind))).toEqual(new Set(FAULT_KINDS));
    expect(struck.filter(({ fault, evidence }) => evidence === undefined && !fault.kind.endsWith("disk"))).toEqual([]);
    expect(played).toHaveLength(SEEDS.length);
    for (const { moves, tasks } of played) expect(Math.min(moves, tasks)).toBeGreaterThan(0);
  });
});
