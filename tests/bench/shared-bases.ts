import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type RealRegistryKind, startRealRegistry } from "../registries/real-registry.ts";
import { assertImageArrived, readImage } from "./arrival.ts";
import type { BenchOptions } from "./bench-options.ts";
import { noise, pushImage } from "./corpus.ts";
import { buildWanlink, type Link, openLongLink, whyNoLink, within } from "./long-link.ts";
import { type Cost, measureCapped } from "./measure.ts";
import { serveInside } from "./namespaced-registry.ts";
import { findPeer, TRANSSHIP, versionOf } from "./peers.ts";
import { requireRegistry } from "./registry-kind.ts";
import { reportShared } from "./shared-bases-report.ts";
import { writeSyncFile } from "./sync-file.ts";

const MIB = 1024 * 1024;
/** Fifty images, a repository each, on five bases of three layers; each has a layer of its own. */
export const IMAGES = 50;
export const BASES = 5;
const BASE_LAYERS = [40, 12, 4].map((mebibytes) => mebibytes * MIB);
const OWN_LAYER = MIB;
const TAG = "v1";
const ROUNDS = 2;
const CAP = 180;
const PARALLEL = 4;
/** Until the last lines of an access log have arrived. */
const LOG_DELAY = 500;

/** The line of each case; without root there is none. */
export const SHARED_LINKS = {
  cubic: { roundTrip: 100, loss: 0.001, rate: 200, congestion: "cubic" },
  bbr: { roundTrip: 100, loss: 0.001, rate: 200, congestion: "bbr" },
} as const satisfies Record<string, Link>;

/** One run over all images. */
export interface SharedRun extends Cost {
  /** Payload bytes that GETs of blobs got from the source. */
  readonly payload: number;
  /** IP bytes that the far side sent; undefined on loopback. */
  readonly sent: number | undefined;
}

/** What was pushed. */
export interface SharedCorpus {
  readonly repositories: readonly string[];
  /** Bytes of all blobs, each counted once. */
  readonly uniqueBytes: number;
  /** Bytes of all blobs, each counted in every repository that has it. */
  readonly storedBytes: number;
}

/** Shared: images that share their bases, a repository each, so that each unique blob ought to cross the line once. */
export async function benchShared(options: BenchOptions): Promise<void> {
  const { rounds = ROUNDS, capSeconds = CAP } = options;
  const kind = requireRegistry();
  const why = whyNoLink();
  if (why !== undefined) console.error(`no long link here (${why}): measured on loopback, where only bytes tell something`);
  const scratch = await mkdtemp(join(tmpdir(), "transship-bench-"));
  try {
    const wanlink = why === undefined ? await buildWanlink(scratch) : undefined;
    const sourceDir = join(scratch, "source");
    const corpus = await pushShared(sourceDir, kind);
    for (const [name, link] of linesOf(options, wanlink)) {
      const stage = { kind, scratch, sourceDir, corpus, wanlink, link, capSeconds, signal: options.signal };
      const runs = await takeTurns(name, stage, rounds);
      await reportShared({ name, link, kind, corpus, runs }, { ...options, rounds, capSeconds });
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function linesOf({ cases }: BenchOptions, wanlink: string | undefined): [string, Link | undefined][] {
  if (wanlink === undefined) return [["loopback", undefined]];
  const wrong = cases.find((name) => !Object.hasOwn(SHARED_LINKS, name));
  if (wrong !== undefined) throw new Error(`there is no case ${wrong}; there are ${Object.keys(SHARED_LINKS).join(", ")}`);
  return Object.entries(SHARED_LINKS).filter(([name]) => cases.length === 0 || cases.includes(name));
}

interface Stage {
  readonly kind: RealRegistryKind;
  readonly scratch: string;
  readonly sourceDir: string;
  readonly corpus: SharedCorpus;
  /** The emulator's program; undefined where it cannot run. */
  readonly wanlink: string | undefined;
  readonly link: Link | undefined;
  readonly capSeconds: number;
  readonly signal: AbortSignal;
}

async function pushShared(dir: string, kind: RealRegistryKind): Promise<SharedCorpus> {
  await using registry = await startRealRegistry({ kind, dir });
  const unique = new Map<string, number>();
  let storedBytes = 0;
  const repositories = Array.from({ length: IMAGES }, (_, index) => `bench/shared${index}`);
  for (const [index, repository] of repositories.entries()) {
    const base = BASE_LAYERS.map((size, layer) => noise(`shared-${index % BASES}-${layer}`, size));
    for (const [digest, size] of await pushImage(registry.url, repository, TAG, [...base, noise(repository, OWN_LAYER)])) {
      unique.set(digest, size);
      storedBytes += size;
    }
  }
  await registry.kill();
  return { repositories, uniqueBytes: [...unique.values()].reduce((sum, size) => sum + size, 0), storedBytes };
}

/** A program that reads a sync file. */
interface Contender {
  readonly name: string;
  readonly parallel: number | undefined;
  command(file: string, scratch: string): readonly string[];
}

function contenders(): Contender[] {
  const regsync = findPeer("regsync");
  return [
    {
      name: "transship sync",
      parallel: undefined,
      command: (file, scratch) => [TRANSSHIP, "sync", "-f", file, "--checkpoint", join(scratch, "shared.db")],
    },
    { name: `regsync ${versionOf(regsync)}`, parallel: PARALLEL, command: (file) => [regsync, "once", "-c", file] },
  ];
}

async function takeTurns(name: string, stage: Stage, rounds: number): Promise<ReadonlyMap<string, readonly SharedRun[]>> {
  const tools = contenders();
  const runs = new Map<string, SharedRun[]>(tools.map((tool) => [tool.name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const tool of tools) {
      const earlier = runs.get(tool.name) ?? [];
      // A tool that did not finish once would only cost the time of its cap again.
      if (earlier.some(({ wall }) => wall === Number.POSITIVE_INFINITY)) continue;
      const run = await runOnce(tool, stage, round);
      const sent = run.sent === undefined ? "" : `, ${(run.sent / 1e6).toFixed(0)} MB over the line`;
      console.error(`${name} round ${round} ${tool.name}: ${run.wall.toFixed(1)} s, ${(run.payload / 1e6).toFixed(0)} MB of blobs${sent}`);
      earlier.push(run);
    }
  }
  return runs;
}

/** One run into an empty target, without a checkpoint, over a line of its own. */
async function runOnce(tool: Contender, stage: Stage, seed: number): Promise<SharedRun> {
  const { kind, sourceDir, capSeconds, signal, corpus } = stage;
  const dir = await mkdtemp(join(stage.scratch, "run-"));
  const targetDir = join(dir, "target");
  await using made = new AsyncDisposableStack();
  made.defer(() => rm(dir, { recursive: true, force: true }));
  const line =
    stage.wanlink === undefined || stage.link === undefined ? undefined : made.use(await openLongLink(stage.wanlink, stage.link, seed));
  const serve = (place: string, side: "far" | "near") =>
    line === undefined ? startRealRegistry({ kind, dir: place }) : serveInside(line[side], { kind, dir: place });
  const source = made.use(await serve(sourceDir, "far"));
  const target = made.use(await serve(targetDir, "near"));
  const { repositories } = corpus;
  const order = { source: source.host, target: target.host, repositories, ...(tool.parallel !== undefined && { parallel: tool.parallel }) };
  const file = await writeSyncFile(join(dir, "sync.yml"), order);
  const prefix = line === undefined ? [] : within(line.near.namespace);
  const cost = await measureCapped([...prefix, ...tool.command(file, dir)], capSeconds, signal);
  await sleep(LOG_DELAY);
  const payload = source.accessLog.blobBytesServed();
  const sent = await line?.close();
  await Promise.all([source[Symbol.asyncDispose](), target[Symbol.asyncDispose]()]);
  if (!cost.killed) await checkArrival(targetDir, stage);
  return { ...cost, payload, sent };
}

/** A contender that leaves something out is not fast. */
async function checkArrival(dir: string, { kind, sourceDir, corpus }: Stage): Promise<void> {
  await using source = await startRealRegistry({ kind, dir: sourceDir });
  await using target = await startRealRegistry({ kind, dir });
  for (const repository of corpus.repositories)
    await assertImageArrived(target.url, repository, TAG, await readImage(source.url, repository, TAG));
}
