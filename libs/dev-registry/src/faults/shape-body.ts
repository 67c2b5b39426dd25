import { setTimeout as sleep } from "node:timers/promises";
import type { Chunks } from "../storage/storage.ts";
import type { ArmedFault, ArmedFaults } from "./fault-plan.ts";

/** Bytes of a body, or how it stops before its end. */
export type Piece = Uint8Array | "cut" | "stall" | "truncate";

type StopKind = "cut-after" | "stall-after" | "truncate-after";
const STOPS = { "cut-after": "cut", "stall-after": "stall", "truncate-after": "truncate" } as const satisfies Record<StopKind, Piece>;

/** A paced body is cut into this many pieces a second. */
const PACE = 20;

/**
 * A body on its way through the faults that concern bodies, whichever direction it goes. `start` is where in the blob
 * it begins. Nothing follows a stop.
 */
export async function* shapeBody(chunks: Chunks, start: number, faults: ArmedFaults, signal: AbortSignal): AsyncGenerator<Piece> {
  const flip = faults.of("flip-bit");
  const slow = faults.of("slow");
  const stop = firstStop(faults);
  let passed = 0;
  for await (const whole of chunks) {
    const room = stop === undefined ? whole.length : Math.min(whole.length, stop.fault.action.bytes - passed);
    const chunk = flipBit(room < whole.length ? whole.subarray(0, room) : whole, start + passed, flip);
    passed += chunk.length;
    if (slow === undefined) {
      if (chunk.length > 0) yield chunk;
    } else {
      yield* paced(chunk, slow, signal);
    }
    if (stop !== undefined && room < whole.length) {
      stop.fault.fire();
      yield STOPS[stop.kind];
      return;
    }
  }
}

/** Whether the plan touches bodies at all; without it a body needs no shaping. */
export function shapesBody(faults: ArmedFaults): boolean {
  return faults.of("flip-bit") !== undefined || faults.of("slow") !== undefined || firstStop(faults) !== undefined;
}

function firstStop(faults: ArmedFaults): { kind: StopKind; fault: ArmedFault<StopKind> } | undefined {
  let first: { kind: StopKind; fault: ArmedFault<StopKind> } | undefined;
  for (const kind of ["cut-after", "stall-after", "truncate-after"] as const) {
    const fault = faults.of(kind);
    if (fault !== undefined && fault.action.bytes < (first?.fault.action.bytes ?? Infinity)) first = { kind, fault };
  }
  return first;
}

function flipBit(chunk: Uint8Array, at: number, fault: ArmedFault<"flip-bit"> | undefined): Uint8Array {
  const index = (fault?.action.offset ?? -1) - at;
  const byte = chunk[index];
  if (fault === undefined || byte === undefined) return chunk;
  // A copy: the chunk may be the stored content itself.
  const changed = Uint8Array.from(chunk);
  changed[index] = byte ^ 1;
  fault.fire();
  return changed;
}

async function* paced(chunk: Uint8Array, slow: ArmedFault<"slow">, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { bytesPerSecond } = slow.action;
  const step = Math.max(1, Math.floor(bytesPerSecond / PACE));
  for (let at = 0; at < chunk.length; at += step) {
    const piece = chunk.subarray(at, at + step);
    slow.fire();
    await sleep((piece.length / bytesPerSecond) * 1000, undefined, { signal });
    yield piece;
  }
}
