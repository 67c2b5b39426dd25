/** `npm run bench -- <name> [--rounds N]`: runs one benchmark against its peers in the same go and writes docs/benchmarks.md. */
import { parseArgs } from "node:util";
import { benchLan } from "./lan.ts";

const BENCHMARKS: Readonly<Record<string, (rounds: number) => Promise<void>>> = { lan: benchLan };

const { positionals, values } = parseArgs({ allowPositionals: true, options: { rounds: { type: "string", default: "5" } } });
const bench = BENCHMARKS[positionals[0] ?? ""];
if (bench === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHMARKS).join("|")} [--rounds N]`);
  process.exitCode = 2;
} else await bench(Number(values.rounds));
