import { Random } from "./random.ts";
import type { Direction } from "./relay.ts";

/** The registries of the stage. Tags are pushed at `a`. */
export const REGISTRIES = ["a", "b", "c"] as const;
export type RegistryName = (typeof REGISTRIES)[number];
/** The agents of the stage, each in a network and a region of its own. */
export const AGENTS = ["agent-1", "agent-2", "agent-3"] as const;
export type AgentName = (typeof AGENTS)[number];

/** A rule of a round. */
export interface Edge {
  readonly from: RegistryName;
  readonly to: readonly RegistryName[];
  readonly overwrite: "always" | "ours";
}

const edge = (from: RegistryName, to: readonly RegistryName[], overwrite: Edge["overwrite"] = "always"): Edge => ({ from, to, overwrite });

/** What a round may be played on: in each, everything that `a` has must come to all other registries that are named. */
export const TOPOLOGIES = {
  pair: [edge("a", ["b"])],
  chain: [edge("a", ["b"]), edge("b", ["c"])],
  fan: [edge("a", ["b"]), edge("a", ["c"])],
  spread: [edge("a", ["b", "c"])],
  // The way back may only replace what it brought itself, or it would take back what has moved meanwhile.
  circle: [edge("a", ["b"]), edge("b", ["c"]), edge("c", ["a"], "ours")],
} as const satisfies Record<string, readonly Edge[]>;
export type TopologyName = keyof typeof TOPOLOGIES;

/** A tag is pushed, or moved. */
export interface Push {
  readonly atMs: number;
  readonly repository: string;
  readonly tag: string;
  /** Sizes of the layers of its own. */
  readonly layers: readonly number[];
  /** Whether it is an index of two images. */
  readonly index: boolean;
}

interface Timed {
  readonly atMs: number;
  readonly forMs: number;
}
interface OfAgent extends Timed {
  readonly agent: AgentName;
}

/** Something that goes wrong. Durations are from the moment it strikes. */
export type Fault =
  | (OfAgent & { readonly kind: "kill agent" })
  | (OfAgent & { readonly kind: "pause agent" })
  | (OfAgent & {
      readonly kind: "partition";
      readonly ways: readonly Direction[];
      /** Open connections break at the beginning; otherwise they hear nothing any more. */
      readonly breaks: boolean;
      readonly heal: "resume" | "reset";
    })
  | (Timed & { readonly kind: "slow link"; readonly registry: RegistryName; readonly lateMs: number; readonly bytesPerSecond: number })
  | (Timed & { readonly kind: "kill control plane" })
  | (OfAgent & { readonly kind: "fill agent disk" })
  | (Timed & { readonly kind: "fill control plane disk" });
export type FaultKind = Fault["kind"];

export const FAULT_KINDS = [
  "kill agent",
  "pause agent",
  "partition",
  "slow link",
  "kill control plane",
  "fill agent disk",
  "fill control plane disk",
] as const satisfies readonly FaultKind[];

/** Everything that a seed decides. */
export interface Round {
  readonly seed: number;
  readonly topology: TopologyName;
  readonly pushes: readonly Push[];
  readonly faults: readonly Fault[];
}

/** What a round takes from the stage. */
export interface RoundBounds {
  /** A lease lasts so long, in milliseconds. */
  readonly leaseMs: number;
  /** Pushes and beginnings of faults fall into so many milliseconds. */
  readonly activeMs: number;
  /** Fewest and most. */
  readonly pushes: readonly [number, number];
  readonly faults: readonly [number, number];
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** Draws a round: the same for the same seed and bounds. */
export function drawRound(seed: number, bounds: RoundBounds): Round {
  const random = new Random(seed);
  const topology = random.pick(Object.keys(TOPOLOGIES) as TopologyName[]);
  const pushes = Array.from({ length: random.between(...bounds.pushes) }, () => drawPush(random, bounds));
  const faults = Array.from({ length: random.between(...bounds.faults) }, () => drawFault(random, topology, bounds));
  return { seed, topology, pushes: inTime(pushes), faults: inTime(faults) };
}

function inTime<T extends { readonly atMs: number }>(things: readonly T[]): T[] {
  return [...things].sort((one, other) => one.atMs - other.atMs);
}

function drawPush(random: Random, { activeMs }: RoundBounds): Push {
  const large = random.chance(0.5) ? [random.between(2 * MIB, 5 * MIB)] : [];
  return {
    atMs: random.between(0, activeMs),
    repository: `app${random.between(0, 1)}`,
    tag: `v${random.between(1, 3)}`,
    layers: [random.between(10 * KIB, 300 * KIB), random.between(300 * KIB, 2 * MIB), ...large],
    index: random.chance(0.25),
  };
}

function drawFault(random: Random, topology: TopologyName, { leaseMs, activeMs }: RoundBounds): Fault {
  const kind = random.pick(FAULT_KINDS);
  const atMs = random.between(200, activeMs);
  const agent = random.pick(AGENTS);
  switch (kind) {
    case "kill agent":
      return { kind, atMs, agent, forMs: random.between(0, 1_000) };
    case "pause agent":
      return { kind, atMs, agent, forMs: Math.round(leaseMs * (1.3 + random.next())) };
    case "partition": {
      const ways = random.pick([["up"], ["down"], ["up", "down"]] as const);
      const heal = random.chance(0.5) ? "resume" : "reset";
      return { kind, atMs, agent, forMs: Math.round(leaseMs * (0.3 + 1.5 * random.next())), ways, breaks: random.chance(0.3), heal };
    }
    case "slow link": {
      const registry = random.pick(["a", ...TOPOLOGIES[topology].flatMap(({ to }) => to)] as const);
      const lateMs = random.between(20, 200);
      return { kind, atMs, registry, forMs: random.between(1_000, 3_000), lateMs, bytesPerSecond: random.between(100, 1_000) * KIB };
    }
    case "kill control plane":
      return { kind, atMs, forMs: random.between(0, 1_500) };
    case "fill agent disk":
      return { kind, atMs, agent, forMs: random.between(500, 2_500) };
    case "fill control plane disk":
      return { kind, atMs, forMs: random.between(500, 2_000) };
  }
}
