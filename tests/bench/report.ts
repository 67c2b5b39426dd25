import { readFile, writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { resolve } from "node:path";
import type { BenchOptions } from "./bench-options.ts";

/** A line of a result table, by column. */
export type Row = Readonly<Record<string, string>>;

/** A result as it is shown and written. */
export interface Result {
  /** Names its place in docs/benchmarks.md. */
  readonly name: string;
  /** What follows `npm run bench --` to get it again, without the sizes that the user chose. */
  readonly command: string;
  readonly title: string;
  /** In whole sentences. */
  readonly conditions: string;
  readonly rows: readonly Row[];
}

const FILE = resolve(import.meta.dirname, "../../docs/benchmarks.md");

/** Prints a result and, unless `docs` is false, writes it into docs/benchmarks.md. */
export async function publish(result: Result, { docs, rounds, capSeconds, gib }: BenchOptions): Promise<void> {
  console.log(`\n${result.title}\n${result.conditions}`);
  console.table(result.rows);
  const sizes = Object.entries({ rounds, cap: capSeconds && `${capSeconds}s`, gib }).filter(([, value]) => value !== undefined);
  const command = [result.command, ...sizes.map(([option, value]) => `--${option} ${value}`)].join(" ");
  if (docs) await writeSection({ ...result, command });
}

/** Replaces the section of one result in docs/benchmarks.md by a new one with its conditions. */
async function writeSection({ name, command, title, conditions, rows }: Result): Promise<void> {
  const begin = `<!-- bench:${name} -->`;
  const end = `<!-- /bench:${name} -->`;
  const section = [
    begin,
    `## ${title}`,
    "",
    `\`npm run bench -- ${command}\`, ${new Date().toISOString().slice(0, 10)}. ${conditions}`,
    `Machine: ${machine()}.`,
    "",
    markdownTable(rows),
    end,
  ].join("\n");
  const text = await readFile(FILE, "utf8");
  const start = text.indexOf(begin);
  const stop = text.indexOf(end);
  const replaced = start < 0 ? `${text.trimEnd()}\n\n${section}\n` : text.slice(0, start) + section + text.slice(stop + end.length);
  await writeFile(FILE, replaced);
}

function markdownTable(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map((row) => line(columns.map((column) => row[column] ?? "")))].join("\n");
}

function machine(): string {
  return `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB, Linux ${release()}, Node ${process.versions.node}; shared, so ratios count more than seconds`;
}
