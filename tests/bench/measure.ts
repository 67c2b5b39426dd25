import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What one run of a program cost. */
export interface Cost {
  /** Seconds; infinite where the run was ended by its cap. */
  readonly wall: number;
  /** Seconds of CPU, user and system, of the process and its threads. */
  readonly cpu: number;
  /** Largest resident memory, in MB. */
  readonly memory: number;
}

/** A run and whether it was killed before its end. */
export interface Run extends Cost {
  readonly killed: boolean;
}

export interface MeasureOptions {
  /** Ends the run at once and makes `measure` reject. */
  readonly signal: AbortSignal;
  readonly env?: NodeJS.ProcessEnv;
  /** Asked about a hundred times a second, with the seconds so far; true sends SIGKILL. */
  readonly killWhen?: (seconds: number) => boolean;
}

/** Ticks of `/proc/<pid>/stat` in a second: fixed at 100 on Linux for every architecture that Node runs on. */
const TICKS = 100;
const SAMPLE_MS = 10;

/**
 * Runs a program to its end and measures it by `/proc`, sampled often enough that the last sample misses at most a hundredth of a second. Throws when it
 * fails by itself.
 */
export async function measure(command: readonly string[], { signal, env = {}, killWhen = () => false }: MeasureOptions): Promise<Run> {
  signal.throwIfAborted();
  const [program = "", ...args] = command;
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...env } });
  let messages = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    messages = (messages + text).slice(-4000);
  });
  let cpu = 0;
  let memory = 0;
  let killed = false;
  const sampling = setInterval(() => {
    const sample = sampleOf(child.pid);
    cpu = Math.max(cpu, sample?.cpu ?? 0);
    memory = Math.max(memory, sample?.memory ?? 0);
    if (!killed && (signal.aborted || killWhen(seconds()))) killed = child.kill("SIGKILL");
  }, SAMPLE_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("exit", resolve);
    child.on("error", reject);
  }).finally(() => clearInterval(sampling));
  const wall = seconds();
  signal.throwIfAborted();
  if (code !== 0 && !killed) throw new Error(`${command.join(" ")} ended with ${code}\n${messages}`);
  return { wall, cpu, memory, killed: killed && code === null };
}

/** As `measure`, with an end to patience: a run that takes longer is killed and counts as endless. */
export async function measureCapped(command: readonly string[], capSeconds: number, signal: AbortSignal): Promise<Run> {
  const run = await measure(command, { signal, killWhen: (seconds) => seconds >= capSeconds });
  return run.killed ? { ...run, wall: Number.POSITIVE_INFINITY } : run;
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
