import type { DevRegistry } from "@transship/dev-registry";
import type { Side } from "@transship/errors";
import type { Way } from "@transship/model";
import { PathMemory } from "../../src/path-memory.ts";
import type { FaultCase } from "./fault-case.ts";

const MIB = 1024 * 1024;

/** Enough for two chunks of an upload. */
export const TWO_CHUNKS = 17 * MIB;

/** How the bytes of a blob move, with a size and a distance that lead to it (`choose-way.ts`, `fill-by-path.ts`). */
export const WAYS = {
  stream: { size: 3 * MIB, far: false },
  spooled: { size: 9 * MIB, far: false },
  segmented: { size: 4 * MIB, far: true },
} as const satisfies Record<Way, { readonly size: number; readonly far: boolean }>;

const LONG = process.env.TRANSSHIP_LONG === "1";
const ALL_WAYS = Object.keys(WAYS) as readonly Way[];

/**
 * The ways in which a case is played. Spooled and segmented copies upload in the same way, and only they upload in chunks: what targets do wrong is played spooled,
 * where nothing but the fault can cost bytes. `TRANSSHIP_LONG=1` plays them all.
 */
export function waysOf({ ways, chunks }: FaultCase, side: Side): readonly Way[] {
  const all = ways ?? ALL_WAYS.filter((way) => chunks !== true || way !== "stream");
  return ways !== undefined || side === "source" || LONG ? all : all.filter((way) => way !== "segmented");
}

const far = new Set<string>();

// What a path looks like is for other tests, and depends on how busy the machine is. Here it is long or short, not at the same site, and no stream showed its rate.
PathMemory.prototype.isShort = (url) => !far.has(url);
PathMemory.prototype.isNear = () => false;
PathMemory.prototype.streamRate = () => undefined;

/** Makes copies from a registry take the given way. */
export function takeWay(registry: DevRegistry, way: Way): void {
  if (WAYS[way].far) far.add(registry.url);
  // Another registry may have had the same port.
  else far.delete(registry.url);
}
