import type { BenchOptions } from "./bench-options.ts";
import type { Link } from "./long-link.ts";

const MIB = 1024 * 1024;

/** A line and what is brought over it. */
export interface WanCase {
  readonly name: string;
  readonly link: Link;
  /** Bytes of each layer. */
  readonly layers: readonly number[];
  /** Seconds after which a run counts as endless, unless the user says otherwise. */
  readonly cap: number;
}

/** 208 MB in six layers: one large, as images are. */
const IMAGE = [128, 40, 16, 8, 4, 2].map((mebibytes) => mebibytes * MIB);
/** One layer that no parallelism between layers can help. */
const LAYER = [1024 * MIB];

const CASES: readonly WanCase[] = [
  { name: "cubic-100", link: { roundTrip: 100, loss: 0.001, rate: 200, congestion: "cubic" }, layers: IMAGE, cap: 240 },
  { name: "bbr-100", link: { roundTrip: 100, loss: 0.001, rate: 200, congestion: "bbr" }, layers: IMAGE, cap: 240 },
  { name: "bbr-200", link: { roundTrip: 200, loss: 0.001, rate: 200, congestion: "bbr" }, layers: IMAGE, cap: 240 },
  { name: "layer-0", link: { roundTrip: 200, loss: 0, rate: 200, congestion: "cubic" }, layers: LAYER, cap: 240 },
  { name: "layer-0.1", link: { roundTrip: 200, loss: 0.001, rate: 200, congestion: "cubic" }, layers: LAYER, cap: 240 },
  { name: "layer-1", link: { roundTrip: 200, loss: 0.01, rate: 200, congestion: "cubic" }, layers: LAYER, cap: 480 },
];
const DEFAULT = ["cubic-100", "bbr-100"];

/** The cases that were asked for, or the default ones. Throws for a name that is none. */
export function chosenCases({ cases }: Pick<BenchOptions, "cases">): readonly WanCase[] {
  return (cases.length > 0 ? cases : DEFAULT).map((name) => {
    const found = CASES.find((known) => known.name === name);
    if (found === undefined) throw new Error(`there is no case ${name}; there are ${CASES.map((known) => known.name).join(", ")}`);
    return found;
  });
}
