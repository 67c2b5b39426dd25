import type { wire } from "@transship/api";
import type { Handlers } from "../calls/handlers.ts";
import { VERSION } from "../version.ts";

/** The control plane itself. */
export function serverService({ unary }: Handlers, startedAt: Date): wire.ServerServiceServer {
  return { getServerInfo: unary(async () => ({ version: VERSION, startedAt: startedAt.toISOString() })) };
}
