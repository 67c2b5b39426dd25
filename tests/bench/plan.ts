import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ControlPlaneClient, connectControlPlane, wire } from "@transship/api";
import { type DevRegistry, startDevRegistry } from "@transship/dev-registry";
import { instance, rule, topology } from "../stories/stage/topology.ts";
import { addressIn, start, transship } from "../stories/stage/transship.ts";
import type { BenchOptions } from "./bench-options.ts";
import { publish, type Row } from "./report.ts";

/** Repositories of the catalogue where no case names other numbers; the smaller one shows what grows. */
const SIZES = [10_000, 100_000];
const TAGS = 10;
const POLL_MS = 100;

type Target = "empty" | "equal";

interface PlanRun {
  readonly target: Target;
  readonly repositories: number;
  /** Seconds from the call to the first task in the store; absent where there is none to do. */
  readonly firstTask: number | undefined;
  /** Seconds from the call to the end of the planning. */
  readonly wall: number;
  /** Largest resident memory, in MB. */
  readonly controlPlane: number;
  readonly agent: number;
  readonly sourceRequests: number;
  readonly targetRequests: number;
}

/** Plan: a run of a rule over a whole catalogue, until everything is planned; into an empty target and into one that is equal. */
export async function benchPlan(options: BenchOptions): Promise<void> {
  const sizes = options.cases.length === 0 ? SIZES : options.cases.map(Number);
  const runs: PlanRun[] = [];
  for (const repositories of sizes) {
    for (const target of ["empty", "equal"] as const) {
      const run = await runOnce(repositories, target, options.signal);
      console.error(JSON.stringify(run));
      runs.push(run);
    }
  }
  await report(runs, options);
}

async function runOnce(repositories: number, target: Target, signal: AbortSignal): Promise<PlanRun> {
  await using made = new AsyncDisposableStack();
  const scratch = await mkdtemp(join(tmpdir(), "transship-bench-"));
  made.defer(() => rm(scratch, { recursive: true, force: true }));
  const computed = { repositories, tags: TAGS, prefix: "bench" };
  const source = made.use(await startDevRegistry({ computed }));
  const there = made.use(await startDevRegistry(target === "equal" ? { computed } : {}));
  const addresses = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const plane = made.use(await start(["control-plane", "start", "--data-dir", join(scratch, "plane"), "--insecure", ...addresses]));
  const server = addressIn(plane.ready, "grpc");
  // One slot: the copies that begin while the rest is planned take little of the machine.
  const place = ["--name", "a", "--region", "here", "--slots", "1", "--control-plane", server, "--insecure"];
  const agent = made.use(await start(["agent", "start", "--data-dir", join(scratch, "agent"), ...place]));
  await applyRule(join(scratch, "topology.yaml"), server, source, there);
  const client = connectControlPlane({ address: server, insecure: true });
  made.defer(() => client[Symbol.dispose]());
  for (const registry of [source, there]) registry.stats.reset();
  const { firstTask, wall } = await planning(client, signal);
  return {
    target,
    repositories,
    firstTask,
    wall,
    controlPlane: peakMemory(plane.pid),
    agent: peakMemory(agent.pid),
    sourceRequests: source.stats.requests("catalog", "tags-list", "manifest-head"),
    targetRequests: there.stats.requests("tags-list", "manifest-head"),
  };
}

async function applyRule(file: string, server: string, source: DevRegistry, target: DevRegistry): Promise<void> {
  const places = [instance("s", source.url, "here"), instance("t", target.url, "here")];
  await writeFile(file, topology(...places, rule("all", { instance: "s" }, [{ instance: "t" }])));
  const { code, stderr } = await transship(["apply", "-f", file, "--server", server]);
  if (code !== 0) throw new Error(`apply ended with ${code}\n${stderr}`);
}

const PLANNING: readonly wire.ExecutionState[] = [wire.ExecutionState.QUEUED, wire.ExecutionState.INVENTORY, wire.ExecutionState.PLANNING];

async function planning(client: ControlPlaneClient, signal: AbortSignal): Promise<{ firstTask: number | undefined; wall: number }> {
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;
  const id = await new Promise<string>((resolve, reject) => {
    client.rules.runRule({ name: "all" }, client.metadata, (error, answer) =>
      error === null ? resolve(answer.execution?.id ?? "") : reject(error),
    );
  });
  let firstTask: number | undefined;
  for (;;) {
    const now = await new Promise<wire.Execution>((resolve, reject) => {
      client.executions.getExecution({ id }, client.metadata, (error, answer) => (error === null ? resolve(answer) : reject(error)));
    });
    if ((now.tasks?.total ?? 0) > 0) firstTask ??= seconds();
    if (now.state === wire.ExecutionState.FAILED) throw new Error(`the execution failed: ${now.failure?.message}`);
    if (!PLANNING.includes(now.state)) return { firstTask, wall: seconds() };
    await sleep(POLL_MS, undefined, { signal });
  }
}

function peakMemory(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

async function report(runs: readonly PlanRun[], options: BenchOptions): Promise<void> {
  const rows = runs.map((run): Row => {
    const tags = run.repositories * TAGS;
    return {
      repositories: run.repositories.toLocaleString("en"),
      target: run.target,
      "first task after (s)": run.firstTask?.toFixed(1) ?? "–",
      "wall (s)": run.wall.toFixed(1),
      "tags a second": (tags / run.wall).toFixed(0),
      "control plane, peak memory (MB)": run.controlPlane.toFixed(0),
      "agent, peak memory (MB)": run.agent.toFixed(0),
      "requests a tag, source": (run.sourceRequests / tags).toFixed(3),
      "requests a tag, target": (run.targetRequests / tags).toFixed(3),
    };
  });
  const conditions = [
    `A run of a rule over a whole catalogue, ${TAGS} tags a repository, until all of it is planned: into an empty target, where every tag becomes a task and one slot`,
    "copies meanwhile, and into a target that is equal. Catalogues are computed by development registries in one process, all on loopback, plain HTTP; control plane",
    "(SQLite on disk) and agent in a process each, peak memory by VmHWM; requests that plan, not those that copy; one round.",
  ].join(" ");
  const command = ["plan", ...options.cases.map((size) => `--case ${size}`)].join(" ");
  await publish({ name: "plan", command, title: "Plan: a whole catalogue", conditions, rows }, options);
}
