import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { connectControlPlane } from "@transship/api";
import type { BenchOptions } from "./bench-options.ts";
import { type BacklogRun, workOff } from "./fleet/backlog.ts";
import { settledRss, startPlane } from "./fleet/control-plane-process.ts";
import { type EventTimes, pushEvents } from "./fleet/events.ts";
import { startPlayers } from "./fleet/orders.ts";
import { measureStore, type StoreAlone } from "./fleet/store-alone.ts";
import { fillTopology, INSTANCES, REGIONS } from "./fleet/topology.ts";
import { publish, type Row } from "./report.ts";

const AGENTS = 5_000;
const EDGES = 10_000;
/** Pushes that are told of, each to an edge of its own, where no number of rounds is named, and how many a second. */
const EVENTS = 1_000;
const EVENTS_A_SECOND = 50;
/** What waits in the queue when the agents begin to take from it. */
const BACKLOG = { edges: 100, tags: 400, slots: 4, taskMs: 1_000 };

interface FleetRun {
  readonly agents: number;
  readonly connect: number;
  /** KiB. */
  readonly rssBefore: number;
  readonly rssAfter: number;
  readonly events: EventTimes;
  readonly backlog: BacklogRun;
  readonly store: StoreAlone;
}

/** Fleet: one control plane, thousands of connected agents and edges. A case is another number of agents. */
export async function benchFleet(options: BenchOptions): Promise<void> {
  const runs: FleetRun[] = [];
  const { rounds: pushes = EVENTS } = options;
  const [loadBefore = Number.NaN] = loadavg();
  for (const agents of options.cases.length === 0 ? [AGENTS] : options.cases.map(Number))
    runs.push(await runOnce(agents, pushes, options.signal));
  const conditions = [
    `A control plane with ${EDGES} rules that events start, from ${INSTANCES / 2} primaries to ${INSTANCES / 2} replicas in ${REGIONS} regions, SQLite on disk, its log at the default level in a file, plain gRPC on loopback.`,
    "All agents are played by one process on the same machine over real Work streams, each over a TCP and HTTP/2 connection of its own; they answer questions, say that they reach all of the 64 endpoints that each is asked to look at, report progress and outcomes, and move no bytes.",
    `Memory: resident, once it stays the same within 1 % for ten seconds. Events: ${pushes} pushes, each to a source of its own edge, ${EVENTS_A_SECOND} a second; "dispatch" is from the task's creation to the agent's reading of it,`,
    `"event" from the registry's POST to the same moment, with a question to an agent at either side in between. Backlog: ${BACKLOG.edges * BACKLOG.tags} tasks of ${BACKLOG.edges} rules wait, then all agents take up to ${BACKLOG.slots} at once,`,
    `report progress, and success after ${BACKLOG.taskMs / 1000} s; transitions as the control plane counts those that it stored. "Store alone": 20,000 tasks from queued by leased and copying to succeeded, a hundred at a time, without gRPC. Machine's load average at the beginning and at the end: ${loadBefore.toFixed(1)} and ${loadavg()[0]?.toFixed(1)}, on two cores: where it is above two, wall times and latencies are those of waiting for the processor.`,
  ].join(" ");
  await publish(
    {
      name: "fleet",
      command: "fleet",
      title: "Fleet: thousands of agents and edges at one control plane",
      conditions,
      rows: runs.map(row),
    },
    options,
  );
}

async function runOnce(agents: number, pushes: number, signal: AbortSignal): Promise<FleetRun> {
  await using made = new AsyncDisposableStack();
  const scratch = await mkdtemp(join(tmpdir(), "transship-bench-"));
  made.defer(() => rm(scratch, { recursive: true, force: true }));
  const directory = join(scratch, "plane");
  await fillTopology(directory, EDGES);
  const plane = made.use(await startPlane(directory, scratch, signal));
  const client = made.use(connectControlPlane({ address: plane.grpc, insecure: true }));
  const players = made.use(startPlayers(plane.grpc));
  const rssBefore = await settledRss(plane, signal);
  const begun = performance.now();
  await players.obey({ connect: { agents, connections: agents } });
  const connect = (performance.now() - begun) / 1000;
  const rssAfter = await settledRss(plane, signal);
  console.error({ agents, connect, rssBefore, rssAfter, cpu: plane.cpu() });
  const all = { client, http: plane.http, plane, players, signal };
  const edges = Array.from({ length: pushes }, (_, index) => index * 7);
  await players.obey({ behave: { taskMs: 200 } });
  const events = await pushEvents(all, edges, EVENTS_A_SECOND);
  console.error(timesOf(events), { cpu: plane.cpu() });
  const busy = Array.from({ length: BACKLOG.edges }, (_, index) => EDGES - 1 - index * 3);
  const backlog = await workOff(all, busy, BACKLOG);
  console.error(backlog);
  const store = await measureStore(signal);
  return { agents, connect, rssBefore, rssAfter, events, backlog, store };
}

function timesOf({ dispatch, stored, whole }: EventTimes): Row {
  const text = (times: readonly number[]) => [0.5, 0.99, 1].map((share) => quantile(times, share).toFixed(0)).join(" / ");
  return {
    "dispatch p50 / p99 / most (ms)": text(dispatch),
    "event stored p50 / p99 / most (ms)": text(stored),
    "event to agent p50 / p99 / most (ms)": text(whole),
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

function row({ agents, connect, rssBefore, rssAfter, events, backlog, store }: FleetRun): Row {
  return {
    agents: agents.toLocaleString("en"),
    rules: EDGES.toLocaleString("en"),
    "all connected (s)": connect.toFixed(1),
    "memory without / with agents (MiB)": `${(rssBefore / 1024).toFixed(0)} / ${(rssAfter / 1024).toFixed(0)}`,
    "KiB an idle agent": ((rssAfter - rssBefore) / agents).toFixed(1),
    ...timesOf(events),
    "transitions a second": (backlog.transitions / backlog.wall).toFixed(0),
    "transitions a task": (backlog.transitions / backlog.tasks).toFixed(2),
    "store alone, transitions a second": store.aSecond.toFixed(0),
    "store alone, a CPU second": store.aCpuSecond.toFixed(0),
    "transitions a CPU second of the control plane": (backlog.transitions / backlog.cpu).toFixed(0),
  };
}
