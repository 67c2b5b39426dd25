import { parseArgs } from "node:util";

/** What `npm run bench` was asked. Where a benchmark has a size of its own, absent means that. */
export interface BenchOptions {
  /** How often each contender runs; absent: the benchmark's own number. */
  readonly rounds: number | undefined;
  /** Of `wan`, and numbers of repositories of `plan`; empty: the default ones. */
  readonly cases: readonly string[];
  /** A run is killed after so many seconds (`wan`, `straggler`). */
  readonly capSeconds: number | undefined;
  /** GiB of the large layer (`resume`, `memory`, `straggler`). */
  readonly gib: number | undefined;
  /** Whether docs/benchmarks.md is written. */
  readonly docs: boolean;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
}

export const OPTIONS_USAGE = "[--rounds N] [--case NAME]... [--cap 240s] [--gib N] [--no-docs]";

/** Reads the arguments after `npm run bench --`. Throws for an unknown option or a value that is no number. */
export function parseBenchOptions(args: readonly string[], signal: AbortSignal): { name: string | undefined; options: BenchOptions } {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      case: { type: "string", multiple: true, default: [] },
      cap: { type: "string" },
      gib: { type: "string" },
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
      capSeconds: values.cap === undefined ? undefined : positive("--cap", values.cap.replace(/s$/, "")),
      gib: values.gib === undefined ? undefined : positive("--gib", values.gib),
      docs: !values["no-docs"],
      signal,
    },
  };
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new Error(`${option}: "${text}" is no positive number`);
  return value;
}
