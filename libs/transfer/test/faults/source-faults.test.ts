import { describe, expect, it } from "vitest";
import { HELP_BYTES, play } from "./play.ts";
import { SOURCE_FAULTS } from "./source-faults.ts";
import { waysOf } from "./way.ts";

const ROWS = SOURCE_FAULTS.flatMap((faultCase) =>
  waysOf(faultCase, "source").map((way) => ({ way, name: faultCase.name, end: faultCase.fails?.code ?? "survived", faultCase })),
);

describe.concurrent("a source with", { timeout: 60_000 }, () => {
  it.each(ROWS)("$name ($way) → $end", async ({ faultCase, way }) => {
    const { fails, wastedShare = Number.POSITIVE_INFINITY, requests = Number.POSITIVE_INFINITY } = faultCase;

    const ending = await play(faultCase, way);

    expect(ending).toMatchObject({
      unfired: [],
      failure: fails,

      way: fails === undefined ? way : undefined,
      tagAfterFailure: false,
      losses: [],
      early: [],
      missingBytes: 0,
    });
    expect(ending.wastedBytes).toBeLessThanOrEqual(wastedShare * ending.size + (way === "segmented" ? HELP_BYTES : 0));
    expect(ending.requests).toBeLessThanOrEqual(requests);
  });
});
