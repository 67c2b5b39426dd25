/** `npm run bench -- <name> [options]`: runs one benchmark against its peers in the same go and writes docs/benchmarks.md. */
import { type BenchOptions, OPTIONS_USAGE, parseBenchOptions } from "./bench-options.ts";
import { benchChaos } from "./chaos.ts";
import { benchFleet } from "./fleet.ts";
import { benchHistory } from "./history.ts";
import { benchLan } from "./lan.ts";
import { benchMemory } from "./memory.ts";
import { benchNoop } from "./noop.ts";
import { benchPlan } from "./plan.ts";
import { benchResume } from "./resume.ts";
import { benchShared } from "./shared-bases.ts";
import { benchStraggler } from "./straggler.ts";
import { benchWan } from "./wan.ts";

const BENCHMARKS: Readonly<Record<string, (options: BenchOptions) => Promise<void>>> = {
  lan: benchLan,
  wan: benchWan,
  noop: benchNoop,
  plan: benchPlan,
  resume: benchResume,
  memory: benchMemory,
  straggler: benchStraggler,
  shared: benchShared,
  history: benchHistory,
  chaos: benchChaos,
  fleet: benchFleet,
};

// What a benchmark started and made is taken back by its own stacks, so a signal must end it by way of them.
const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => interruption.abort(new Error(`interrupted by ${name}`)));

try {
  const { name, options } = parseBenchOptions(process.argv.slice(2), interruption.signal);
  const bench = BENCHMARKS[name ?? ""];
  if (bench === undefined) {
    console.error(`usage: npm run bench -- ${Object.keys(BENCHMARKS).join("|")} ${OPTIONS_USAGE}`);
    process.exitCode = 2;
  } else await bench(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
