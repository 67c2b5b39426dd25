import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { randomBytesOf } from "@transship/dev-registry";
import type { AccessLog } from "../registries/access-log.ts";
import { type RealRegistryKind, startRealRegistry } from "../registries/real-registry.ts";
import type { BenchOptions } from "./bench-options.ts";
import { pushImage } from "./corpus.ts";
import { buildWanlink, type Link, openLongLink, QUEUE, within } from "./long-link.ts";
import { type Cost, measure, median, medianCost } from "./measure.ts";
import { type NamespacedRegistry, serveInside } from "./namespaced-registry.ts";
import { findPeer, TRANSSHIP, versionOf } from "./peers.ts";
import { requireRegistry } from "./registry-kind.ts";
import { publish, type Row } from "./report.ts";
import { writeSyncFile } from "./sync-file.ts";

const REPOSITORIES = Array.from({ length: 10 }, (_, index) => `bench/unchanged${index}`);
const TAGS = Array.from({ length: 100 }, (_, index) => `v${index}`);
const TOTAL = REPOSITORIES.length * TAGS.length;
const LINK: Link = { roundTrip: 200, loss: 0, rate: 200, congestion: "cubic" };
const ROUNDS = 3;
const PARALLEL = 4;
/** Until the last lines of an access log have arrived. */
const LOG_DELAY = 500;

interface NoopRun extends Cost {
  readonly sourceRequests: number;
  readonly targetRequests: number;
  readonly manifestGets: number;
  readonly blobRequests: number;
}

/** No-op: a run over a thousand tags of which none has changed since the run before, the source 200 ms away, the target beside the tool. */
export async function benchNoop(options: BenchOptions): Promise<void> {
  const { rounds = ROUNDS } = options;
  const kind = requireRegistry();
  const scratch = await mkdtemp(join(tmpdir(), "transship-bench-"));
  try {
    const wanlink = await buildWanlink(scratch);
    const regsync = findPeer("regsync");
    const [sourceDir, targetDir] = [join(scratch, "source"), join(scratch, "target")];
    await pushTags(sourceDir, kind, options.signal);
    // The same content at both ends, as a first run leaves it.
    await cp(join(sourceDir, "data"), join(targetDir, "data"), { recursive: true });
    await using line = await openLongLink(wanlink, LINK, 1);
    await using source = await serveInside(line.far, { kind, dir: sourceDir });
    await using target = await serveInside(line.near, { kind, dir: targetDir });
    const order = { source: source.host, target: target.host, repositories: REPOSITORIES, parallel: PARALLEL };
    const file = await writeSyncFile(join(scratch, "sync.yml"), order);
    const contenders = new Map([
      ["transship sync", [TRANSSHIP, "sync", "-f", file, "--checkpoint", join(scratch, "noop.db")]],
      [`regsync ${versionOf(regsync)}`, [regsync, "once", "-c", file]],
    ]);
    const inside = new Map([...contenders].map(([name, command]) => [name, [...within(line.near.namespace), ...command]]));
    const runs = await takeTurns(inside, { source, target }, rounds, options.signal);
    await report(kind, runs, { ...options, rounds });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function pushTags(dir: string, kind: RealRegistryKind, signal: AbortSignal): Promise<void> {
  await using registry = await startRealRegistry({ kind, dir });
  const layer = randomBytesOf("unchanged", 10_000);
  await Promise.all(
    REPOSITORIES.map(async (repository) => {
      for (const tag of TAGS) {
        signal.throwIfAborted();
        await pushImage(registry.url, repository, tag, [layer]);
      }
    }),
  );
  await registry.kill();
}

interface Registries {
  readonly source: NamespacedRegistry;
  readonly target: NamespacedRegistry;
}

/** Every contender once uncounted, then so many rounds. */
async function takeTurns(
  contenders: ReadonlyMap<string, readonly string[]>,
  registries: Registries,
  rounds: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly NoopRun[]>> {
  const runs = new Map<string, NoopRun[]>([...contenders.keys()].map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, command] of contenders) {
      const run = await runOnce(command, registries, signal);
      const which = round === 0 ? "first run" : `round ${round}`;
      console.error(`${which} ${name}: ${run.wall.toFixed(2)} s, ${run.sourceRequests} requests at the source`);
      if (round > 0) runs.get(name)?.push(run);
    }
  }
  return runs;
}

async function runOnce(command: readonly string[], { source, target }: Registries, signal: AbortSignal): Promise<NoopRun> {
  for (const { accessLog } of [source, target]) accessLog.reset();
  const cost = await measure(command, { signal });
  await sleep(LOG_DELAY);
  const both = (count: (log: AccessLog) => number) => count(source.accessLog) + count(target.accessLog);
  if (both((log) => log.requests("PUT")) > 0) throw new Error(`${command.join(" ")} wrote something: the tags were not unchanged`);
  return {
    ...cost,
    sourceRequests: source.accessLog.requests(),
    targetRequests: target.accessLog.requests(),
    manifestGets: source.accessLog.requests("GET", /\/manifests\//),
    blobRequests: both((log) => log.requests(undefined, /\/blobs\//)),
  };
}

async function report(
  kind: string,
  runs: ReadonlyMap<string, readonly NoopRun[]>,
  options: BenchOptions & { readonly rounds: number },
): Promise<void> {
  const ours = medianCost([...runs.values()][0] ?? []);
  const rows = [...runs].map(([tool, costs]): Row => {
    const { wall, cpu, memory } = medianCost(costs);
    const middle = (pick: (run: NoopRun) => number) => median(costs.map(pick));
    return {
      tool,
      "wall (s)": wall.toFixed(2),
      "requests a tag": (middle((run) => run.sourceRequests + run.targetRequests) / TOTAL).toFixed(3),
      "of them at the source": (middle((run) => run.sourceRequests) / TOTAL).toFixed(3),
      "manifest GETs at the source": String(middle((run) => run.manifestGets)),
      "blob requests": String(middle((run) => run.blobRequests)),
      "CPU (s)": cpu.toFixed(2),
      "peak memory (MB)": memory.toFixed(0),
      "its wall ÷ ours": (wall / ours.wall).toFixed(2),
    };
  });
  const conditions = [
    `${TOTAL} tags in ${REPOSITORIES.length} repositories that are equal at both ends; both tools read the same regsync file with \`parallel: ${PARALLEL}\`;`,
    `${kind} at both ends, the source behind ${LINK.roundTrip} ms round trip (tools/wanlink, ${LINK.rate} Mbit/s, no loss, ${QUEUE} ms queue), the target`,
    `beside the tool, plain HTTP; requests counted from the access logs; medians of ${options.rounds} rounds after a first run, contenders in turn.`,
  ].join(" ");
  await publish({ name: "noop", command: "noop", title: "No-op: nothing has changed", conditions, rows }, options);
}
