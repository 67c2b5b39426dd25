import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DevRegistry, type SeededImage, seedImage, startDevRegistry } from "@transship/dev-registry";
import { assertImageArrived, readImage } from "./arrival.ts";
import type { BenchOptions } from "./bench-options.ts";
import { transshipCopy } from "./copy-tools.ts";
import { type Cost, measureCapped, median } from "./measure.ts";
import { publish, type Row } from "./report.ts";

const REPOSITORY = "bench/straggler";
const TAG = "v1";
const ROUNDS = 3;
/** Seconds after which a run counts as endless. */
const CAP = 240;
/** Bytes a second that the source gives a connection, so that many of them pay. */
const PACE = 4 * 1024 * 1024;
/** What the straggler gets of that. */
const SHARE = 0.01;

interface StragglerRun extends Cost {
  /** GETs of the layer. */
  readonly gets: number;
  readonly atOnce: number;
}

/**
 * Straggler: one GET of the layer, half-way through those that an undisturbed copy makes, gets 1 % of the rate that a connection has. A copy over one stream has
 * no other GET, so it is the straggler.
 */
export async function benchStraggler(options: BenchOptions): Promise<void> {
  const { rounds = ROUNDS, gib = 0.25, capSeconds = CAP } = options;
  const scratch = await mkdtemp(join(tmpdir(), "transship-bench-"));
  const runs: { without: StragglerRun; with: StragglerRun }[] = [];
  try {
    await using source = await startDevRegistry();
    const layer = { size: Math.round(gib * 1024 ** 3), seed: "straggler", synthetic: true };
    const image = await seedImage(source, { repository: REPOSITORY, tag: TAG, layers: [layer] });
    for (let round = 1; round <= rounds; round++) {
      const without = await runOnce(source, image, undefined, { scratch, capSeconds, signal: options.signal });
      const disturbed = await runOnce(source, image, Math.floor(without.gets / 2), { scratch, capSeconds, signal: options.signal });
      console.error(
        `round ${round}: ${without.wall.toFixed(2)} s in ${without.gets} GETs, with a straggler ${disturbed.wall.toFixed(2)} s`,
      );
      runs.push({ without, with: disturbed });
    }
    await report(image, runs, { ...options, rounds, capSeconds });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Stage {
  readonly scratch: string;
  readonly capSeconds: number;
  readonly signal: AbortSignal;
}

/** One copy; `victim` is the place of the straggler among the GETs of the layer. */
async function runOnce(source: DevRegistry, image: SeededImage, victim: number | undefined, stage: Stage): Promise<StragglerRun> {
  const dir = await mkdtemp(join(stage.scratch, "run-"));
  await using target = await startDevRegistry();
  const digest = image.blobs.find(({ size }) => size > image.size / 2)?.digest ?? "";
  const match = { op: "blob-get", path: new RegExp(digest) } as const;
  source.faults.clear();
  source.stats.reset();
  // Of two faults of a kind the older one harms a request until it is worn out.
  const slow = (bytesPerSecond: number) => ({ kind: "slow", bytesPerSecond }) as const;
  const straggler = victim === undefined ? undefined : source.faults.add({ action: slow(PACE * SHARE), match, after: victim });
  source.faults.add({ action: slow(PACE), match, times: Number.POSITIVE_INFINITY });
  const reference = (host: string) => `${host}/${REPOSITORY}:${TAG}`;
  const order = { source: reference(source.host), target: reference(target.host), checkpoint: join(dir, "copy.db") };
  const run = await measureCapped(transshipCopy.command(order), stage.capSeconds, stage.signal);
  if (straggler?.fired === 0) throw new Error(`the straggler never came: the copy made fewer than ${straggler.matched + 1} GETs this time`);
  if (!run.killed) await assertImageArrived(target.url, REPOSITORY, TAG, await readImage(source.url, REPOSITORY, TAG));
  const gets = source.stats.log.filter((record) => record.op === "blob-get" && record.target.includes(digest)).length;
  return { ...run, gets, atOnce: source.stats.peakInFlight("blob-get") };
}

async function report(
  image: SeededImage,
  runs: readonly { readonly without: StragglerRun; readonly with: StragglerRun }[],
  options: BenchOptions & { readonly rounds: number; readonly capSeconds: number },
): Promise<void> {
  const reference = median(runs.map(({ without }) => without.wall));
  const rows = (["without", "with"] as const).map((which): Row => {
    const costs = runs.map((run) => run[which]);
    const wall = median(costs.map((cost) => cost.wall));
    const endless = wall === Number.POSITIVE_INFINITY;
    return {
      "transship copy": `${which} a straggler`,
      "wall (s)": endless ? `> ${options.capSeconds}` : wall.toFixed(2),
      "÷ without": endless ? `> ${(options.capSeconds / reference).toFixed(1)}` : (wall / reference).toFixed(2),
      "GETs of the layer": String(median(costs.map((cost) => cost.gets))),
      "at once": String(median(costs.map((cost) => cost.atOnce))),
    };
  });
  const conditions = [
    `One layer of ${(image.size / 1e6).toFixed(0)} MB from a source that gives each connection ${PACE / 1024 ** 2} MiB/s; the straggler is one GET, half-way through, that gets`,
    `${SHARE * 100} % of it; development registries at both ends on loopback, plain HTTP, no checkpoint; medians of ${options.rounds} rounds, in turn.`,
    `A tool that fetches a layer by one stream is itself the straggler.`,
  ].join(" ");
  await publish({ name: "straggler", command: "straggler", title: "Straggler: one range at 1 % of its rate", conditions, rows }, options);
}
