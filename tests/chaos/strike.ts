import { setTimeout as sleep } from "node:timers/promises";
import type { Daemon } from "./daemon.ts";
import { AGENTS, type Fault } from "./draw-round.ts";
import type { Relay } from "./relay.ts";
import type { SmallDisk } from "./small-disk.ts";
import { type Stage, WAY } from "./stage.ts";

/** What a fault did. */
export interface Struck {
  readonly fault: Fault;
  /** What shows that it really happened; undefined where it could not happen on this machine. */
  readonly evidence: string | undefined;
}

/** A partition that nobody has noticed goes on for so long until somebody does: an agent that was just killed dials only once it has started again. */
const PATIENCE_MS = 30_000;
/** A fault of an agent waits at most so long for a task that it can meet in the middle. */
const BUSY_MS = 1_500;

/** Plays a fault from its beginning to its end. @throws Error where it did not take place. */
export async function strike(stage: Stage, fault: Fault): Promise<Struck> {
  if ("agent" in fault) await untilSome(() => stage.underWay[fault.agent].size, BUSY_MS);
  return { fault, evidence: await play(stage, fault) };
}

async function play(stage: Stage, fault: Fault): Promise<string | undefined> {
  switch (fault.kind) {
    case "kill agent":
      return kill(stage.agents[fault.agent], fault.forMs);
    case "kill control plane":
      return kill(stage.controlPlane, fault.forMs);
    case "pause agent":
      return pause(stage, fault);
    case "partition":
      return partition(stage.uplinks[fault.agent], fault);
    case "slow link":
      return slow(stage, fault);
    case "fill agent disk":
      return fill(stage.agents[fault.agent], stage.disks.get(fault.agent), "checkpoint.db", fault.forMs);
    case "fill control plane disk":
      return fill(stage.controlPlane, stage.disks.get("control-plane"), "control-plane.db", fault.forMs);
  }
}

type Of<Kind extends Fault["kind"]> = Fault & { readonly kind: Kind };

async function kill(daemon: Daemon, downMs: number): Promise<string> {
  if (!(await daemon.kill())) throw new Error(`${daemon.name} was not killed: it was not running`);
  await sleep(downMs);
  daemon.launch();
  return "ended by SIGKILL";
}

async function pause(stage: Stage, { agent, forMs }: Of<"pause agent">): Promise<string> {
  const daemon = stage.agents[agent];
  if (!(await daemon.pause())) throw new Error(`${agent} did not stand still`);
  const begun = performance.now();
  await sleep(forMs);
  const stoodMs = performance.now() - begun;
  if (!daemon.wake()) throw new Error(`${agent} did not stand still to the end`);
  if (stoodMs <= stage.options.leaseMs) throw new Error(`${agent} stood still for ${stoodMs} ms, less than a lease`);
  return `stood still for ${Math.round(stoodMs)} ms`;
}

async function partition(uplink: Relay, { forMs, ways, breaks, heal }: Of<"partition">): Promise<string> {
  const before = uplink.heldPieces;
  const held = () => uplink.heldPieces - before;
  uplink.hold(ways);
  if (breaks) uplink.reset();
  await sleep(forMs);
  // An agent without work says little: where nobody noticed, connections break, and who dials again hears nothing.
  if (held() === 0) uplink.reset();
  await untilSome(held, PATIENCE_MS);
  uplink.heal(heal);
  if (held() === 0) throw new Error("nothing was held by the partition");
  return `held back ${held()} pieces`;
}

async function slow(stage: Stage, { registry, forMs, lateMs, bytesPerSecond }: Of<"slow link">): Promise<string> {
  const ways = AGENTS.map((agent) => stage.links[agent][registry]);
  for (const way of ways) way.weather = { lateMs, bytesPerSecond };
  const asked = performance.now();
  await Promise.all([sleep(forMs), ...ways.map(({ host }) => fetch(`http://${host}/v2/`).then((answer) => answer.text()))]);
  const tookMs = performance.now() - asked;
  for (const way of ways) way.weather = WAY;
  if (tookMs < 2 * lateMs) throw new Error(`the ways to ${registry} answered within ${tookMs} ms`);
  return `${lateMs} ms and ${Math.round(bytesPerSecond / 1024)} KiB/s to ${registry}`;
}

async function fill(daemon: Daemon, disk: SmallDisk | undefined, database: string, forMs: number): Promise<string | undefined> {
  if (disk === undefined) return undefined;
  // None starts on a full disk: they say so and end, and whoever supervises them tries again.
  await daemon.untilReady();
  const taken = await disk.fill(database);
  await sleep(forMs);
  await disk.free();
  return `${taken} bytes were taken, the next was refused (ENOSPC)`;
}

async function untilSome(amount: () => number, mostMs: number): Promise<void> {
  for (const deadline = performance.now() + mostMs; amount() === 0 && performance.now() < deadline; ) await sleep(20);
}
