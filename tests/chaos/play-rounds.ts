import { randomInt } from "node:crypto";
import type { RealRegistryKind } from "../registries/real-registry.ts";
import { drawRound, type Fault, type RoundBounds } from "./draw-round.ts";
import { type Played, playRound } from "./play-round.ts";
import { openStage } from "./stage.ts";

/** What rounds are like unless they are to be short. */
export const BOUNDS: RoundBounds = { leaseMs: 2_000, activeMs: 3_000, pushes: [5, 9], faults: [3, 5] };
/** For tests, which nobody likes to wait for; `--case short` of the bench. */
export const SHORT_BOUNDS: RoundBounds = { leaseMs: 1_500, activeMs: 1_500, pushes: [4, 6], faults: [2, 3] };

/** Largest seed, and one more. */
const SEEDS = 2 ** 31;

/** A seed that nobody chose. */
export function anySeed(): number {
  return randomInt(SEEDS);
}

/** How rounds are played. */
export interface RoundsOptions {
  readonly bounds: RoundBounds;
  readonly kinds: readonly RealRegistryKind[];
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
}

/**
 * Plays a round for each seed on one stage, and tells of each. A round that fails says how it is played again and where the logs are; the stage goes on. `signal` ends them with those that
 * were played to their end.
 */
export async function playRounds(seeds: readonly number[], { bounds, kinds, signal, tell }: RoundsOptions): Promise<Played[]> {
  await using stage = await openStage({ kinds, leaseMs: bounds.leaseMs });
  const played: Played[] = [];
  for (const seed of seeds) {
    const result = await playRound(stage, drawRound(seed, bounds), signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    if (result === undefined) break;
    played.push(result);
    tell(sentenceOf(result, played.length));
    if (result.problems.length === 0) continue;
    await stage.keepLogs();
    for (const line of explain(result, bounds, stage.path("logs"))) tell(line);
  }
  return played;
}

function sentenceOf({ round, problems, struck, tasks, againLeased, moves, swept, seconds }: Played, number: number): string {
  const verdict = problems.length === 0 ? "well" : "NOT WELL";
  const work = `${tasks} tasks, ${againLeased} leased again, ${moves} moves pulled whole${swept ? ", swept" : ""}`;
  const faults = `${struck.length}/${round.faults.length} faults`;
  return `round ${number}, seed ${round.seed}, ${round.topology}: ${verdict}; ${faults}, ${work}, ${seconds.toFixed(1)} s`;
}

function explain({ round, problems, struck }: Played, bounds: RoundBounds, logs: string): string[] {
  const short = bounds === SHORT_BOUNDS ? " --case short" : "";
  const seen = new Map(struck.map(({ fault, evidence }) => [fault, evidence]));
  return [
    ...problems.map((problem) => `  ${problem}`),
    ...round.faults.map(
      (fault) => `  ${scheduleLine(fault)}: ${seen.has(fault) ? (seen.get(fault) ?? "not possible here") : "did not strike"}`,
    ),
    `  logs: ${logs}; again: npm run bench -- chaos${short} --rounds 1 --seed ${round.seed}`,
  ];
}

function scheduleLine({ atMs, kind, ...more }: Fault): string {
  const details = Object.entries(more).map(([name, value]) => `${name} ${Array.isArray(value) ? value.join("+") : value}`);
  return `at ${atMs} ms: ${kind} (${details.join(", ")})`;
}
