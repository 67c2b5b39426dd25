import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What one run of a program cost. */
export interface Cost {
  /** Seconds. */
  readonly wall: number;
  /** Seconds of CPU, user and system, of the process and its threads. */
  readonly cpu: number;
  /** Largest resident memory, in MB. */
  readonly memory: number;
}

/** Ticks of `/proc/<pid>/stat` in a second: fixed at 100 on Linux for every architecture that Node runs on. */
const TICKS = 100;
const SAMPLE_MS = 10;

/** Runs a program to its end and measures it by `/proc`, sampled often enough that the last sample misses at most a hundredth of a second. Throws when it fails. */
export async function measure(command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Cost> {
  const [program = "", ...args] = command;
  const started = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...env } });
  let messages = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    messages = (messages + text).slice(-4000);
  });
  let cpu = 0;
  let memory = 0;
  const sampling = setInterval(() => {
    const sample = sampleOf(child.pid);
    cpu = Math.max(cpu, sample?.cpu ?? 0);
    memory = Math.max(memory, sample?.memory ?? 0);
  }, SAMPLE_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("exit", resolve);
    child.on("error", reject);
  }).finally(() => clearInterval(sampling));
  const wall = (performance.now() - started) / 1000;
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}\n${messages}`);
  return { wall, cpu, memory };
}

function sampleOf(pid: number | undefined): { cpu: number; memory: number } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return { cpu: (Number(fields[11]) + Number(fields[12])) / TICKS, memory: Number(peak?.[1] ?? 0) / 1024 };
  } catch {
    return undefined;
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** The costs of several runs, by the median of each figure. */
export function medianCost(costs: readonly Cost[]): Cost {
  return {
    wall: median(costs.map((cost) => cost.wall)),
    cpu: median(costs.map((cost) => cost.cpu)),
    memory: median(costs.map((cost) => cost.memory)),
  };
}
