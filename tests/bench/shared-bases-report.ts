import type { BenchOptions } from "./bench-options.ts";
import { type Link, QUEUE } from "./long-link.ts";
import { median, medianCost } from "./measure.ts";
import { publish, type Row } from "./report.ts";
import { BASES, IMAGES, type SharedCorpus, type SharedRun } from "./shared-bases.ts";
import { shownWall } from "./wan-report.ts";

/** What came of one line. */
export interface SharedResult {
  readonly name: string;
  /** Undefined on loopback. */
  readonly link: Link | undefined;
  readonly kind: string;
  readonly corpus: SharedCorpus;
  readonly runs: ReadonlyMap<string, readonly SharedRun[]>;
}

/** Prints and writes the table of one line. */
export async function reportShared(
  result: SharedResult,
  options: BenchOptions & { readonly rounds: number; readonly capSeconds: number },
): Promise<void> {
  const { name, link, kind, corpus } = result;
  const line =
    link === undefined
      ? "loopback"
      : `${link.roundTrip} ms round trip, ${link.loss * 100} % loss each way, ${link.rate} Mbit/s, ${link.congestion}`;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  const conditions = [
    `${IMAGES} images in as many repositories on ${BASES} bases: ${megabytes(corpus.storedBytes)} MB as stored, ${megabytes(corpus.uniqueBytes)} MB unique;`,
    `${kind} at both ends, the target beside the tool, plain HTTP, empty target and no checkpoint each time; both read the same regsync file (regsync with \`parallel: 4\`);`,
    link === undefined ? "" : `link emulated by tools/wanlink with a ${QUEUE} ms queue, one seed a round;`,
    `medians of up to ${options.rounds} rounds, contenders in turn, a run ended after ${options.capSeconds} s and that contender not run again.`,
    `"Blobs" are the bytes that GETs of blobs got from the source, of which ${megabytes(corpus.uniqueBytes)} MB are needed; "ideal" is these at the line's full rate.`,
  ].join(" ");
  await publish(
    {
      name: `shared-${name}`,
      command: link === undefined ? "shared" : `shared --case ${name}`,
      title: `Shared bases: ${line}`,
      conditions: conditions.replaceAll("  ", " "),
      rows: rowsOf(result, options.capSeconds),
    },
    options,
  );
}

function rowsOf({ link, corpus, runs }: SharedResult, cap: number): Row[] {
  const ideal = link === undefined ? undefined : (corpus.uniqueBytes * 8) / (link.rate * 1e6);
  return [...runs].map(([tool, costs]) => {
    const { cpu, memory } = medianCost(costs);
    const walls = costs.map((cost) => cost.wall);
    const wall = walls.includes(Number.POSITIVE_INFINITY) ? Number.POSITIVE_INFINITY : median(walls);
    const payload = median(costs.map((cost) => cost.payload));
    return {
      tool,
      "wall (s)": shownWall(wall, cap),
      ...(ideal !== undefined && {
        "wall ÷ ideal": wall === Number.POSITIVE_INFINITY ? `> ${(cap / ideal).toFixed(1)}` : (wall / ideal).toFixed(2),
      }),
      "blobs (MB)": (payload / 1e6).toFixed(1),
      "blobs ÷ unique": (payload / corpus.uniqueBytes).toFixed(3),
      ...(ideal !== undefined && { "sent (MB)": (median(costs.map((cost) => cost.sent ?? Number.NaN)) / 1e6).toFixed(0) }),
      "CPU (s)": cpu.toFixed(2),
      "peak memory (MB)": memory.toFixed(0),
      runs: String(costs.length),
    };
  });
}
