import { once } from "node:events";

/** Resolves when the user or a supervisor wants this process to end. */
export async function untilStopped(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}
