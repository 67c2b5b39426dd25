import type { wire } from "@transship/api";
import type { Handlers } from "../calls/handlers.ts";
import { type TraceDesk, traceImage } from "../trace/trace-image.ts";

/** Longest time for looking at all places, in milliseconds. */
const LONGEST_MS = 600_000;

/** Where images are. */
export function traceService({ unary }: Handlers, desk: TraceDesk, stopping: AbortSignal): wire.TraceServiceServer {
  return {
    traceImage: unary(({ image }) => traceImage(desk, image, AbortSignal.any([stopping, AbortSignal.timeout(LONGEST_MS)]))),
  };
}
