import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RealRegistry, startRealRegistry } from "../registries/real-registry.ts";
import type { BenchOptions } from "./bench-options.ts";
import { type Corpus, pushCorpus, TAGS } from "./corpus.ts";
import { type Cost, measure, medianCost } from "./measure.ts";
import { findPeer, TRANSSHIP, versionOf } from "./peers.ts";
import { requireRegistry } from "./registry-kind.ts";
import { publish, type Row } from "./report.ts";
import { writeSyncFile } from "./sync-file.ts";

interface Contender {
  readonly name: string;
  /** Runs the whole corpus once, into an empty target. */
  run(target: RealRegistry, scratch: string): Promise<Cost>;
}

/**
 * LAN: ten repositories of three tags that share layers, from one real registry to another on loopback, empty each time. The contenders take turns, so that a
 * machine that slows down slows all of them.
 */
export async function benchLan(options: BenchOptions): Promise<void> {
  const { rounds = 5 } = options;
  const kind = requireRegistry();
  const scratch = await mkdtemp(join(tmpdir(), "transship-bench-"));
  try {
    await using source = await startRealRegistry({ kind, dir: join(scratch, "source") });
    const corpus = await pushCorpus(source.url);
    const contenders = contendersFor(source, corpus, options.signal);
    const costs = new Map<string, Cost[]>(contenders.map(({ name }) => [name, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const contender of contenders) {
        const cost = await runOnce(contender, kind, scratch, `${round}-${contender.name}`);
        console.error(
          `${round === 0 ? "warm-up" : `round ${round}`} ${contender.name}: ${cost.wall.toFixed(2)} s, ${cost.cpu.toFixed(2)} CPU-s, ${cost.memory.toFixed(0)} MB`,
        );
        if (round > 0) costs.get(contender.name)?.push(cost);
      }
    }
    await report(kind, corpus, costs, { ...options, rounds });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function runOnce(contender: Contender, kind: RealRegistry["kind"], scratch: string, name: string): Promise<Cost> {
  const dir = join(scratch, name);
  await using target = await startRealRegistry({ kind, dir });
  const cost = await contender.run(target, scratch);
  await assertArrived(target);
  await target.kill();
  await rm(dir, { recursive: true, force: true });
  return cost;
}

function contendersFor(source: RealRegistry, corpus: Corpus, signal: AbortSignal): Contender[] {
  const regsync = findPeer("regsync");
  const crane = findPeer("crane");
  return [
    {
      name: "transship sync",
      run: async (target, scratch) => {
        const file = await syncFile(source, target, corpus, scratch);
        return measure([TRANSSHIP, "sync", "-f", file, "--checkpoint", join(scratch, `${target.port}.db`)], { signal });
      },
    },
    {
      name: `regsync ${versionOf(regsync)} (parallel 4)`,
      run: async (target, scratch) => measure([regsync, "once", "-c", await syncFile(source, target, corpus, scratch, 4)], { signal }),
    },
    {
      name: `crane ${versionOf(crane)} (4 copies at once)`,
      run: (target) => measureCrane(crane, source, target, corpus, signal),
    },
  ];
}

/** The same regsync file for regsync and for `transship sync`. */
async function syncFile(source: RealRegistry, target: RealRegistry, corpus: Corpus, scratch: string, parallel?: number): Promise<string> {
  const order = { source: source.host, target: target.host, repositories: corpus.repositories };
  return await writeSyncFile(join(scratch, `sync-${target.port}-${parallel ?? "unset"}.yml`), {
    ...order,
    ...(parallel !== undefined && { parallel }),
  });
}

/** crane copies one repository a call: four calls at once, their CPU added, the largest memory. */
async function measureCrane(crane: string, source: RealRegistry, target: RealRegistry, corpus: Corpus, signal: AbortSignal): Promise<Cost> {
  const queue = [...corpus.repositories];
  const costs: Cost[] = [];
  const started = performance.now();
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      costs.push(
        await measure([crane, "copy", "--insecure", "--all-tags", `${source.host}/${name}`, `${target.host}/${name}`], { signal }),
      );
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  return {
    wall: (performance.now() - started) / 1000,
    cpu: costs.reduce((total, cost) => total + cost.cpu, 0),
    memory: Math.max(...costs.map((cost) => cost.memory)),
  };
}

/** A contender that leaves something out is not fast. */
async function assertArrived(target: RealRegistry): Promise<void> {
  const catalog = (await (await fetch(`${target.url}/v2/_catalog?n=1000`)).json()) as { repositories: string[] };
  for (const name of catalog.repositories) {
    const list = (await (await fetch(`${target.url}/v2/${name}/tags/list`)).json()) as { tags: string[] };
    if (list.tags.length !== TAGS.length) throw new Error(`${name} arrived with tags ${list.tags.join(", ")}`);
  }
  if (catalog.repositories.length !== 10) throw new Error(`${catalog.repositories.length} repositories arrived`);
}

async function report(kind: string, corpus: Corpus, costs: ReadonlyMap<string, readonly Cost[]>, options: BenchOptions): Promise<void> {
  const medians = [...costs].map(([name, runs]) => ({ name, ...medianCost(runs) }));
  const ours = medians[0];
  const rows = medians.map(
    (cost): Row => ({
      tool: cost.name,
      "wall (s)": cost.wall.toFixed(2),
      "CPU (s)": cost.cpu.toFixed(2),
      "peak memory (MB)": cost.memory.toFixed(0),
      "our wall ÷ its": ((ours?.wall ?? Number.NaN) / cost.wall).toFixed(2),
      "our CPU ÷ its": ((ours?.cpu ?? Number.NaN) / cost.cpu).toFixed(2),
    }),
  );
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  const conditions = `${corpus.repositories.length} repositories × ${TAGS.length} tags, ${megabytes(corpus.storedBytes)} as stored, ${megabytes(corpus.uniqueBytes)} unique; ${kind} at both ends on loopback, plain HTTP, empty target each time; medians of ${options.rounds} rounds after a warm-up, contenders in turn.`;
  await publish({ name: "lan", command: "lan", title: "LAN: many images that share layers", conditions, rows }, options);
}
