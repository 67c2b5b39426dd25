import { readFile, writeFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { resolve } from "node:path";

/** A line of a result table, by column. */
export type Row = Readonly<Record<string, string>>;

const FILE = resolve(import.meta.dirname, "../../docs/benchmarks.md");

export function printTable(rows: readonly Row[]): void {
  console.table(rows);
}

/** Replaces the section of one benchmark in docs/benchmarks.md by a new result with its conditions. */
export async function writeSection(name: string, title: string, conditions: string, rows: readonly Row[]): Promise<void> {
  const begin = `<!-- bench:${name} -->`;
  const end = `<!-- /bench:${name} -->`;
  const section = [
    begin,
    `## ${title}`,
    "",
    `\`npm run bench -- ${name}\`, ${new Date().toISOString().slice(0, 10)}. ${conditions}`,
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
