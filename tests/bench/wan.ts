import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytesOf } from "@transship/dev-registry";
import { type RealRegistryKind, startRealRegistry } from "../registries/real-registry.ts";
import { assertImageArrived, type ImageFacts, readImage } from "./arrival.ts";
import type { BenchOptions } from "./bench-options.ts";
import { type CopyTool, craneCopy, regctlCopy, skopeoCopy, transshipCopy } from "./copy-tools.ts";
import { pushImage } from "./corpus.ts";
import { buildWanlink, openLongLink, within } from "./long-link.ts";
import { type Cost, measureCapped } from "./measure.ts";
import { serveInside } from "./namespaced-registry.ts";
import { requireRegistry } from "./registry-kind.ts";
import { chosenCases, type WanCase } from "./wan-cases.ts";
import { capOf, reportWan, shownWall } from "./wan-report.ts";

const REPOSITORY = "bench/wan";
const TAG = "v1";
const ROUNDS = 3;

/** One copy over the link. */
export interface WanRun extends Cost {
  /** IP bytes that the far side sent. */
  readonly sent: number;
}

/**
 * WAN: one image from a real registry behind a long line to one that is beside the tool. Every run has a link of its own, so no kernel remembers the path of
 * the run before; in one round all contenders meet the same seed of losses.
 */
export async function benchWan(options: BenchOptions): Promise<void> {
  const kind = requireRegistry();
  const cases = chosenCases(options);
  const scratch = await mkdtemp(join(tmpdir(), "transship-bench-"));
  try {
    const stage = { kind, scratch, wanlink: await buildWanlink(scratch), ...options, rounds: options.rounds ?? ROUNDS };
    const peers = options.ours ? [] : [skopeoCopy(), regctlCopy(), craneCopy()];
    const tools = [transshipCopy, ...peers].filter((tool) => tool !== undefined);
    for (const wanCase of cases) await benchCase(wanCase, tools, stage);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Stage extends BenchOptions {
  readonly rounds: number;
  readonly kind: RealRegistryKind;
  readonly scratch: string;
  /** The emulator's program. */
  readonly wanlink: string;
}

async function benchCase(wanCase: WanCase, tools: readonly CopyTool[], stage: Stage): Promise<void> {
  const sourceDir = join(stage.scratch, `source-${wanCase.name}`);
  const image = await pushSource(wanCase, sourceDir, stage.kind);
  const runs = new Map<string, WanRun[]>(tools.map(({ name }) => [name, []]));
  for (let round = 1; round <= stage.rounds; round++) {
    for (const tool of tools) {
      const earlier = runs.get(tool.name) ?? [];
      // A tool that did not finish once would only cost the time of its cap again.
      if (earlier.some(({ wall }) => wall === Number.POSITIVE_INFINITY)) continue;
      const run = await runOnce(tool, wanCase, { sourceDir, image, seed: round }, stage);
      const wall = shownWall(run.wall, capOf(tool.name, wanCase, stage));
      console.error(`${wanCase.name} round ${round} ${tool.name}: ${wall} s, ${(run.sent / 1e6).toFixed(0)} MB sent`);
      earlier.push(run);
    }
  }
  await rm(sourceDir, { recursive: true, force: true });
  await reportWan({ wanCase, kind: stage.kind, imageBytes: image.size, runs }, stage);
}

async function pushSource(wanCase: WanCase, dir: string, kind: RealRegistryKind): Promise<ImageFacts> {
  await using registry = await startRealRegistry({ kind, dir });
  const layers = wanCase.layers.map((size, index) => randomBytesOf(`${wanCase.name}-${index}`, size));
  await pushImage(registry.url, REPOSITORY, TAG, layers);
  const image = await readImage(registry.url, REPOSITORY, TAG);
  await registry.kill();
  return image;
}

interface Source {
  readonly sourceDir: string;
  readonly image: ImageFacts;
  readonly seed: number;
}

async function runOnce(tool: CopyTool, wanCase: WanCase, { sourceDir, image, seed }: Source, stage: Stage): Promise<WanRun> {
  const { kind, signal } = stage;
  const dir = join(stage.scratch, "target");
  await using made = new AsyncDisposableStack();
  made.defer(() => rm(dir, { recursive: true, force: true }));
  const line = made.use(await openLongLink(stage.wanlink, wanCase.link, seed));
  const source = made.use(await serveInside(line.far, { kind, dir: sourceDir }));
  const target = made.use(await serveInside(line.near, { kind, dir }));
  const reference = (host: string) => `${host}/${REPOSITORY}:${TAG}`;
  const order = { source: reference(source.host), target: reference(target.host), checkpoint: join(dir, "checkpoint.db") };
  const cost = await measureCapped([...within(line.near.namespace), ...tool.command(order)], capOf(tool.name, wanCase, stage), signal);
  const sent = await line.close();
  await target[Symbol.asyncDispose]();
  if (!cost.killed) await checkArrival(dir, kind, image);
  return { ...cost, sent };
}

/** The target's data outlives its namespace: read again from this side. */
async function checkArrival(dir: string, kind: RealRegistryKind, image: ImageFacts): Promise<void> {
  await using registry = await startRealRegistry({ kind, dir });
  await assertImageArrived(registry.url, REPOSITORY, TAG, image);
}
