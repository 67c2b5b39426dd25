import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type DevRegistry, type SeededImage, seedImage, startDevRegistry } from "@transship/dev-registry";
import { type RealRegistryKind, startRealRegistry } from "../registries/real-registry.ts";
import { assertImageArrived, readImage } from "./arrival.ts";
import type { BenchOptions } from "./bench-options.ts";
import { type CopyTool, craneCopy, regctlCopy, transshipCopy } from "./copy-tools.ts";
import { measure, median } from "./measure.ts";
import { requireRegistry } from "./registry-kind.ts";
import { publish, type Row } from "./report.ts";

const REPOSITORY = "bench/resume";
const TAG = "v1";
const KILL_AT = 0.9;
const ROUNDS = 3;
/** Bytes a second that the source gives a connection: without a limit, socket buffers hold tens of MB that were sent and never read. */
const PACE = 128 * 1024 * 1024;
/** Until connections of a killed process have broken off. */
const SETTLE = 300;

interface ResumeRun {
  /** Blob bytes that the source sent beyond those of the image. */
  readonly excess: number;
  /** The most GETs at the same time, for a layer may be fetched in ranges. */
  readonly atOnce: number;
  /** Seconds of the second, whole run. */
  readonly wall: number;
}

/** Resume: SIGKILL when the source has sent 90 % of one large layer, then the same command again, to the end. */
export async function benchResume(options: BenchOptions): Promise<void> {
  const { rounds = ROUNDS, gib = 1, signal } = options;
  const kind = requireRegistry();
  const tools = [transshipCopy, regctlCopy(), craneCopy()];
  const scratch = await mkdtemp(join(tmpdir(), "transship-bench-"));
  try {
    await using source = await startDevRegistry();
    source.faults.add({ action: { kind: "slow", bytesPerSecond: PACE }, times: Number.POSITIVE_INFINITY });
    const layer = { size: Math.round(gib * 1024 ** 3), seed: "resume", synthetic: true };
    const image = await seedImage(source, { repository: REPOSITORY, tag: TAG, layers: [layer] });
    const runs = new Map<string, ResumeRun[]>(tools.map(({ name }) => [name, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const tool of tools) {
        const run = await runOnce(tool, source, image, { kind, dir: join(scratch, "target"), signal });
        console.error(`round ${round} ${tool.name}: ${(run.excess / 1e6).toFixed(1)} MB again, ${run.wall.toFixed(2)} s`);
        runs.get(tool.name)?.push(run);
      }
    }
    await report({ kind, image, runs }, { ...options, rounds });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Place {
  readonly kind: RealRegistryKind;
  readonly dir: string;
  readonly signal: AbortSignal;
}

async function runOnce(tool: CopyTool, source: DevRegistry, image: SeededImage, { kind, dir, signal }: Place): Promise<ResumeRun> {
  await using made = new AsyncDisposableStack();
  made.defer(() => rm(dir, { recursive: true, force: true }));
  const target = made.use(await startRealRegistry({ kind, dir }));
  const reference = (host: string) => `${host}/${REPOSITORY}:${TAG}`;
  const command = tool.command({
    source: reference(source.host),
    target: reference(target.host),
    checkpoint: join(dir, "checkpoint", "copy.db"),
  });
  source.stats.reset();
  const sent = () => image.blobs.reduce((sum, { digest }) => sum + source.stats.bytesServed(digest), 0);
  const first = await measure(command, { signal, killWhen: () => sent() >= KILL_AT * image.size });
  if (!first.killed) throw new Error(`${tool.name} ended before it could be killed`);
  await sleep(SETTLE);
  const { wall } = await measure(command, { signal });
  await assertImageArrived(target.url, REPOSITORY, TAG, await readImage(source.url, REPOSITORY, TAG));
  return { excess: sent() - image.size, atOnce: source.stats.peakInFlight("blob-get"), wall };
}

interface Outcome {
  readonly kind: string;
  readonly image: SeededImage;
  readonly runs: ReadonlyMap<string, readonly ResumeRun[]>;
}

async function report({ kind, image, runs }: Outcome, options: BenchOptions & { readonly rounds: number }): Promise<void> {
  const middle = (costs: readonly ResumeRun[]) => ({
    excess: median(costs.map((run) => run.excess)),
    wall: median(costs.map((run) => run.wall)),
  });
  const ours = middle([...runs.values()][0] ?? []);
  const rows = [...runs].map(([tool, costs]): Row => {
    const { excess, wall } = middle(costs);
    return {
      tool,
      "served again (MB)": (excess / 1e6).toFixed(1),
      "most (MB)": (Math.max(...costs.map((run) => run.excess)) / 1e6).toFixed(1),
      "share of the image": `${((excess / image.size) * 100).toFixed(1)} %`,
      "streams at once": String(Math.max(...costs.map((run) => run.atOnce))),
      "second run (s)": wall.toFixed(2),
      "its second run ÷ ours": (wall / ours.wall).toFixed(2),
    };
  });
  const conditions = [
    `One layer of ${(image.size / 1e6).toFixed(0)} MB; SIGKILL when the source had sent ${KILL_AT * 100} % of it, then the same command again. Source: the`,
    `development registry, which counts what it sends, at ${PACE / 1024 ** 2} MiB/s a connection; target: ${kind}; loopback, plain HTTP; medians of`,
    `${options.rounds} rounds, contenders in turn.`,
  ].join(" ");
  await publish({ name: "resume", command: "resume", title: "Resume: killed at 90 % of one layer", conditions, rows }, options);
}
