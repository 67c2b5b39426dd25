import { FAULT_KINDS, type RoundBounds } from "../chaos/draw-round.ts";
import type { Played } from "../chaos/play-round.ts";
import { anySeed, BOUNDS, playRounds, SHORT_BOUNDS } from "../chaos/play-rounds.ts";
import { findRealRegistries } from "../registries/real-registry.ts";
import type { BenchOptions } from "./bench-options.ts";
import { publish } from "./report.ts";

const ROUNDS = 100;

/**
 * Chaos: rounds of random faults while tags are pushed and moved, each looked at by a checker that shares no code with the product. `--seed N` plays the rounds N,
 * N + 1, …; otherwise nobody knows the seeds before. `--case short` plays rounds as the story does. @throws Error when a round did not end well.
 */
export async function benchChaos(options: BenchOptions): Promise<void> {
  const { rounds = ROUNDS, seed, signal } = options;
  const bounds = boundsOf(options);
  const seeds = Array.from({ length: rounds }, (_, index) => (seed === undefined ? anySeed() : seed + index));
  const kinds = [...findRealRegistries().keys()];
  const played = await playRounds(seeds, { bounds, kinds, signal, tell: (line) => console.error(line) });
  const whole = played.length;
  if (whole === 0) throw new Error("no round was played to its end");
  const bad = played.filter(({ problems }) => problems.length > 0);
  const sum = (amount: (round: Played) => number) => played.reduce((total, round) => total + amount(round), 0);
  const conditions = [
    `${whole} rounds with random seeds on registries ${kinds.join(" and ")}, one control plane and three agents (two slots, lease ${bounds.leaseMs / 1000} s), each way`,
    `a relay; ${bounds.pushes.join(" to ")} pushes and ${bounds.faults.join(" to ")} faults within ${bounds.activeMs / 1000} s a round; ${sum(({ tasks }) => tasks)} tasks, ${sum(({ againLeased }) => againLeased)} leases beyond`,
    `the first of a task, ${sum(({ moves }) => moves)} moves of tags at targets pulled whole at once; in ${sum(({ swept }) => Number(swept))} rounds a run of everything brought what`,
    `no event had brought in time. ${whole - bad.length} of ${whole} rounds ended well.`,
  ].join(" ");
  const rows = FAULT_KINDS.map((kind) => {
    const met = played.filter(({ struck }) => struck.some(({ fault, evidence }) => fault.kind === kind && evidence !== undefined));
    return {
      fault: kind,
      struck: String(sum(({ struck }) => struck.filter(({ fault, evidence }) => fault.kind === kind && evidence !== undefined).length)),
      rounds: String(met.length),
      "of them not well": String(met.filter(({ problems }) => problems.length > 0).length),
    };
  });
  await publish(
    {
      name: "chaos",
      command: bounds === SHORT_BOUNDS ? "chaos --case short" : "chaos",
      title: "Chaos: every tag whole, one owner",
      conditions,
      rows,
    },
    { ...options, rounds: whole },
  );
  if (bad.length > 0)
    throw new Error(`${bad.length} of ${whole} rounds did not end well: seeds ${bad.map(({ round }) => round.seed).join(", ")}`);
}

function boundsOf({ cases }: BenchOptions): RoundBounds {
  const unknown = cases.find((name) => name !== "short");
  if (unknown !== undefined) throw new Error(`there is no case ${unknown}; there is short`);
  return cases.length > 0 ? SHORT_BOUNDS : BOUNDS;
}
