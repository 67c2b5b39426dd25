import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { findProgram } from "./peers.ts";

const run = promisify(execFile);
/** `ip` is often in a folder that only root has on its PATH. */
const IP = findProgram("ip") ?? "ip";
const SOURCE = resolve(import.meta.dirname, "../../tools/wanlink/wanlink.c");

/** A long-distance line. */
export interface Link {
  /** There and back, in milliseconds. */
  readonly roundTrip: number;
  /** Share of packets lost, in each direction. */
  readonly loss: number;
  /** Mbit/s. */
  readonly rate: number;
  /** Of the senders at both ends. */
  readonly congestion: "cubic" | "bbr";
}

/** Most waiting before a packet is dropped, in milliseconds. */
export const QUEUE = 200;

/** One end of the line. */
export interface Side {
  readonly namespace: string;
  readonly address: string;
}

/** Two namespaces and the line between them. Disposing of it takes all of it away. */
export interface LongLink extends AsyncDisposable {
  readonly far: Side;
  readonly near: Side;
  /** Ends the line; bytes of IP packets that were sent towards the near side, lost ones included. */
  close(): Promise<number>;
}

/** Builds the link emulator into a directory. Throws, saying why, where it cannot run. */
export async function buildWanlink(directory: string): Promise<string> {
  const why = whyNoLink();
  if (why !== undefined) throw new Error(`the long link cannot be emulated here: ${why}`);
  const program = join(directory, "wanlink");
  await run("cc", ["-O2", "-o", program, SOURCE]);
  return program;
}

/** Why no link can be made on this machine; undefined where it can. */
export function whyNoLink(): string | undefined {
  if (process.getuid?.() !== 0) return "making network namespaces needs root";
  if (findProgram("ip") === undefined) return "there is no `ip` (Debian: iproute2)";
  if (findProgram("cc") === undefined) return "there is no C compiler `cc`";
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
  } catch {
    return "there is no usable /dev/net/tun";
  }
  return undefined;
}

let links = 0;

/** Makes both namespaces and the line. The same seed draws the same sequence of losses. */
export async function openLongLink(program: string, link: Link, seed: number): Promise<LongLink> {
  await using made = new AsyncDisposableStack();
  const name = `transship-${process.pid}-${links++}`;
  const far = { namespace: `${name}-far`, address: "10.77.0.1" };
  const near = { namespace: `${name}-near`, address: "10.77.0.2" };
  for (const { namespace } of [far, near]) {
    await run(IP, ["netns", "add", namespace]);
    made.defer(async () => void (await run(IP, ["netns", "delete", namespace])));
    await run(IP, ["-n", namespace, "link", "set", "lo", "up"]);
  }
  const line = await startLine(program, [far, near], link, seed);
  made.defer(async () => void (await line.end()));
  await setCongestion(far, near, link.congestion);
  await setCongestion(near, far, link.congestion);
  const all = made.move();
  return { far, near, close: () => line.end(), [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** What precedes a command to run it inside a namespace; `ip` becomes the command, so it keeps its process id. */
export function within(namespace: string): string[] {
  return [IP, "netns", "exec", namespace];
}

// The sysctl is refused inside a namespace; a route's own setting is not.
async function setCongestion(from: Side, to: Side, congestion: Link["congestion"]): Promise<void> {
  const route = [to.address, "dev", "wan0", "proto", "kernel", "scope", "link", "src", from.address, "congctl", congestion];
  await run(IP, ["-n", from.namespace, "route", "change", ...route]);
}

interface Line {
  /** Ends it once; bytes that went from the far to the near side. */
  end(): Promise<number>;
}

async function startLine(program: string, [far, near]: readonly [Side, Side], link: Link, seed: number): Promise<Line> {
  const ends = [far.namespace, far.address, near.namespace, near.address];
  const shape = { "delay-ms": link.roundTrip / 2, loss: link.loss, mbit: link.rate, "queue-ms": QUEUE, seed };
  const options = Object.entries(shape).flatMap(([option, value]) => [`--${option}`, String(value)]);
  const child = spawn(program, [...ends, ...options], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  const ready = Promise.withResolvers<void>();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.includes("ready:")) ready.resolve();
  });
  const closed = once(child, "close");
  closed.then(() => ready.reject(new Error(`the link emulator ended: ${said}`)), ready.reject);
  await ready.promise;
  return { end: () => endLine(child, closed, () => said) };
}

async function endLine(child: ChildProcess, closed: Promise<unknown>, said: () => string): Promise<number> {
  child.kill("SIGTERM");
  await closed;
  const counters = /^\{.*\}$/m.exec(said())?.[0];
  if (counters === undefined) throw new Error(`the link emulator left no counters: ${said()}`);
  return (JSON.parse(counters) as { aToB: { bytes: number } }).aToB.bytes;
}
