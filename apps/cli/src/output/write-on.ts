import { once } from "node:events";

/** Writes where there is room, or waits for it, so that what is long is never held in memory. False once nobody reads any more, as after `… | head`. */
export async function writeOn(out: NodeJS.WriteStream, text: string, signal: AbortSignal): Promise<boolean> {
  if (out.destroyed) return false;
  if (out.write(text)) return true;
  const ended = new AbortController();
  const either = { signal: AbortSignal.any([signal, ended.signal]) };
  // A pipe that was closed errors, or closes; neither is news to whoever asked.
  await Promise.race([once(out, "drain", either), once(out, "close", either)]).catch(() => undefined);
  ended.abort();
  signal.throwIfAborted();
  return !out.destroyed;
}
