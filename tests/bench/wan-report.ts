import type { BenchOptions } from "./bench-options.ts";
import { transshipCopy } from "./copy-tools.ts";
import { QUEUE } from "./long-link.ts";
import { median, medianCost } from "./measure.ts";
import { publish, type Row } from "./report.ts";
import type { WanRun } from "./wan.ts";
import type { WanCase } from "./wan-cases.ts";

/** What came of one case; the first contender is ours. */
export interface WanResult {
  readonly wanCase: WanCase;
  readonly kind: string;
  readonly imageBytes: number;
  readonly runs: ReadonlyMap<string, readonly WanRun[]>;
}

/** Prints and writes the table of one case. */
export async function reportWan(result: WanResult, options: BenchOptions & { readonly rounds: number }): Promise<void> {
  const { wanCase, kind, imageBytes } = result;
  const { link, layers } = wanCase;
  const line = `${link.roundTrip} ms round trip, ${link.loss * 100} % loss each way, ${link.rate} Mbit/s, ${link.congestion}`;
  const conditions = [
    `An image of ${(imageBytes / 1e6).toFixed(0)} MB in ${layers.length === 1 ? "one layer" : `${layers.length} layers`};`,
    `${kind} at both ends, the target beside the tool, plain HTTP, empty target and no checkpoint each time;`,
    `link emulated by tools/wanlink with a ${QUEUE} ms queue, one seed a round; medians of up to ${options.rounds} rounds, contenders in turn.`,
    `A run is ended after ${capsText(result, options)} and that contender not run again. "Sent" counts IP bytes from the far side.`,
  ].join(" ");
  await publish(
    {
      name: `wan-${wanCase.name}`,
      command: `wan --case ${wanCase.name}`,
      title: `WAN: ${line}`,
      conditions,
      rows: rowsOf(result, options),
    },
    options,
  );
}

/** Seconds after which a run of a contender is ended. */
export function capOf(tool: string, wanCase: WanCase, { capSeconds = wanCase.cap, peerCapSeconds }: BenchOptions): number {
  return tool === transshipCopy.name ? capSeconds : Math.min(capSeconds, peerCapSeconds ?? capSeconds);
}

function capsText({ wanCase, runs }: WanResult, options: BenchOptions): string {
  const caps = new Set([...runs.keys()].map((tool) => capOf(tool, wanCase, options)));
  return caps.size === 1 ? `${[...caps][0]} s` : `${[...caps].join(" s (ours) or ")} s (a peer's)`;
}

function rowsOf({ wanCase, imageBytes, runs }: WanResult, options: BenchOptions): Row[] {
  const ours = wallOf([...runs.values()][0] ?? []);
  return [...runs].map(([tool, costs]) => {
    const { cpu, memory } = medianCost(costs);
    const wall = wallOf(costs);
    const walls = costs.map((cost) => cost.wall);
    const cap = capOf(tool, wanCase, options);
    return {
      tool,
      "wall (s)": shownWall(wall, cap),
      "least – most (s)": `${shownWall(Math.min(...walls), cap)} – ${shownWall(Math.max(...walls), cap)}`,
      "Mbit/s":
        wall < Number.POSITIVE_INFINITY ? ((imageBytes * 8) / 1e6 / wall).toFixed(1) : `< ${((imageBytes * 8) / 1e6 / cap).toFixed(1)}`,
      "sent (MB)": (median(costs.map((cost) => cost.sent)) / 1e6).toFixed(0),
      "CPU (s)": cpu.toFixed(2),
      "peak memory (MB)": memory.toFixed(0),
      "its wall ÷ ours": ratio(wall, ours, cap),
      runs: String(costs.length),
    };
  });
}

// One endless run is enough to end a contender, so it decides even where others finished.
function wallOf(costs: readonly WanRun[]): number {
  const walls = costs.map(({ wall }) => wall);
  return walls.includes(Number.POSITIVE_INFINITY) ? Number.POSITIVE_INFINITY : median(walls);
}

/** Seconds, or "more than the cap". */
export function shownWall(seconds: number, cap: number): string {
  return seconds === Number.POSITIVE_INFINITY ? `> ${cap}` : seconds.toFixed(1);
}

function ratio(its: number, ours: number, cap: number): string {
  if (ours === Number.POSITIVE_INFINITY) return "–";
  return its === Number.POSITIVE_INFINITY ? `> ${(cap / ours).toFixed(1)}` : (its / ours).toFixed(2);
}
