import { parseArgs } from "node:util";

/** What `npm run bench` was asked. Where a benchmark has a size of its own, absent means that. */
export interface BenchOptions {
  /** How often each contender runs; absent: the benchmark's own number. */
  readonly rounds: number | undefined;
  /** Of `wan`, `shared` and `chaos`; empty: their default ones. */
  readonly cases: readonly string[];
  /** A run is killed after so many seconds (`wan`, `straggler`, `shared`). */
  readonly capSeconds: number | undefined;
  /** The same for peers only, where it is to be shorter (`wan`): what takes a peer minutes need not be waited for. */
  readonly peerCapSeconds: number | undefined;
  /** GiB of the large layer (`resume`, `memory`, `straggler`). */
  readonly gib: number | undefined;
  /** Of the first round (`chaos`); absent: random seeds. */
  readonly seed: number | undefined;
  /** Whether only our contender runs (`wan`): for work on it. Never written to docs/benchmarks.md. */
  readonly ours: boolean;
  /** Whether docs/benchmarks.md is written. */
  readonly docs: boolean;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

export const OPTIONS_USAGE = "[--rounds N] [--case NAME]... [--cap 240s] [--peer-cap 30s] [--gib N] [--seed N] [--ours] [--no-docs]";

/** Reads the arguments after `npm run bench --`. Throws for an unknown option or a value that is no number. */
export function parseBenchOptions(args: readonly string[], signal: AbortSignal): { name: string | undefined; options: BenchOptions } {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      case: { type: "string", multiple: true, default: [] },
      cap: { type: "string" },
      "peer-cap": { type: "string" },
      gib: { type: "string" },
      seed: { type: "string" },
      ours: { type: "boolean", default: false },
      "no-docs": { type: "boolean", default: false },
    },
  });
  if (positionals.length > 1) throw new Error(`one benchmark at a time, not ${positionals.join(" and ")}`);
  const rounds = values.rounds === undefined ? undefined : positive("--rounds", values.rounds);
  if (rounds !== undefined && !Number.isInteger(rounds)) throw new Error("--rounds: a whole number");
  return {
    name: positionals[0],
    options: {
      rounds,
      cases: values.case,
      capSeconds: secondsOf("--cap", values.cap),
      peerCapSeconds: secondsOf("--peer-cap", values["peer-cap"]),
      gib: values.gib === undefined ? undefined : positive("--gib", values.gib),
      seed: values.seed === undefined ? undefined : seedOf(values.seed),
      ours: values.ours,
      // A table without peers says nothing.
      docs: !values["no-docs"] && !values.ours,
      signal,
    },
  };
}

function secondsOf(option: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : positive(option, text.replace(/s$/, ""));
}

function seedOf(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 32) return Number(text);
  throw new Error(`--seed: "${text}" is no whole number below 2^32`);
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new Error(`${option}: "${text}" is no positive number`);
  return value;
}
