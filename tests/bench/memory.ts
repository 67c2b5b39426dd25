import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seedImage, startDevRegistry } from "@transship/dev-registry";
import type { BenchOptions } from "./bench-options.ts";
import { type Cost, measure, medianCost } from "./measure.ts";
import { TRANSSHIP } from "./peers.ts";
import { publish, type Row } from "./report.ts";
import { writeSyncFile } from "./sync-file.ts";

const REPOSITORY = "bench/memory";
const TASKS = 16;
const ROUNDS = 3;
/** Bytes a second that the source gives a connection, so that the tasks are under way at the same time and none is over before the next begins. */
const PACE = 16 * 1024 * 1024;

interface MemoryRun extends Cost {
  /** The most blobs that the source sent at the same time. */
  readonly atOnce: number;
}

/** Memory: sixteen images of one large layer each, copied at the same time; and the same with layers a quarter of the size. */
export async function benchMemory(options: BenchOptions): Promise<void> {
  const { rounds = ROUNDS, gib = 1 } = options;
  const sizes = [gib / 4, gib];
  const runs = new Map<number, MemoryRun[]>(sizes.map((size) => [size, []]));
  const scratch = await mkdtemp(join(tmpdir(), "transship-bench-"));
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const size of sizes) {
        const run = await runOnce(size, join(scratch, `${round}-${size}`), options.signal);
        console.error(`round ${round}, ${size} GiB: ${run.memory.toFixed(0)} MB, ${run.wall.toFixed(1)} s, ${run.atOnce} GETs at once`);
        runs.get(size)?.push(run);
      }
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  await report(runs, { ...options, rounds });
}

async function runOnce(gib: number, dir: string, signal: AbortSignal): Promise<MemoryRun> {
  await using made = new AsyncDisposableStack();
  made.defer(() => rm(dir, { recursive: true, force: true }));
  const source = made.use(
    await startDevRegistry({ faults: [{ action: { kind: "slow", bytesPerSecond: PACE }, times: Number.POSITIVE_INFINITY }] }),
  );
  const target = made.use(await startDevRegistry({ directory: join(dir, "target") }));
  const size = Math.round(gib * 1024 ** 3);
  for (let task = 0; task < TASKS; task++) {
    signal.throwIfAborted();
    await seedImage(source, { repository: REPOSITORY, tag: `v${task}`, layers: [{ size, seed: `memory ${task}`, synthetic: true }] });
  }
  const order = { source: source.host, target: target.host, repositories: [REPOSITORY], parallel: TASKS };
  const file = await writeSyncFile(join(dir, "sync.yml"), order);
  const cost = await measure([TRANSSHIP, "sync", "-f", file, "--checkpoint", join(dir, "checkpoint", "sync.db")], { signal });
  const arrived = source.storage.catalogue.blobs(REPOSITORY).every((digest) => target.storage.contentSize(digest) !== undefined);
  if (!arrived) throw new Error("not every blob arrived");
  return { ...cost, atOnce: source.stats.peakInFlight("blob-get") };
}

async function report(runs: ReadonlyMap<number, readonly MemoryRun[]>, options: BenchOptions & { readonly rounds: number }): Promise<void> {
  const smallest = medianCost([...runs.values()][0] ?? []);
  const rows = [...runs].map(([gib, costs]): Row => {
    const { memory, wall, cpu } = medianCost(costs);
    return {
      "layers (GiB)": String(gib),
      "peak memory (MB)": memory.toFixed(0),
      "most (MB)": Math.max(...costs.map((cost) => cost.memory)).toFixed(0),
      "÷ peak with a quarter": (memory / smallest.memory).toFixed(2),
      "blobs read at once": String(Math.max(...costs.map((cost) => cost.atOnce))),
      "wall (s)": wall.toFixed(1),
      "CPU (s)": cpu.toFixed(1),
    };
  });
  const conditions = [
    `\`transship sync\` of ${TASKS} images at a time (\`parallel: ${TASKS}\`), one layer each, all different; development registries at both ends on`,
    `loopback, the source at ${PACE / 1024 ** 2} MiB/s a connection, the target on disk, plain HTTP; largest resident memory of the process (VmHWM); medians of ${options.rounds} rounds, sizes in turn.`,
  ].join(" ");
  await publish({ name: "memory", command: "memory", title: "Memory: sixteen large layers at once", conditions, rows }, options);
}
