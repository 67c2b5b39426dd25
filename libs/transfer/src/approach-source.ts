import type { Manifest, Repository } from "@transship/oci";
import type { Journey } from "./journey.ts";
import { SHORT_MS } from "./path-memory.ts";
import { fetchManifest } from "./walk-artifact.ts";

/** Connections that are opened before the size of an artifact is known. */
const CONNECTIONS_AHEAD = 8;

/**
 * Fetches the root manifest, and meanwhile gets ready for its blobs: learns how far away the source is where that is not known, and opens connections where it is
 * not near. Undefined where the source has no such manifest.
 */
export async function approachSource(journey: Journey, reference: string): Promise<Manifest | undefined> {
  const { source, paths, signal, retried } = journey;
  void paths.measure(source.registry, () => source.resolve(reference, { signal }));
  using _ = openAhead(source, paths.rttMs(source.registry));
  return await paths.timed(source.registry, () => fetchManifest(source, reference, signal, retried));
}

/** Opens connections at once where the source is known to be far, else once an answer takes longer than it would on a short path; not after disposal. */
function openAhead(source: Repository, rttMs: number | undefined): Disposable | undefined {
  if (source.openAhead === undefined || (rttMs !== undefined && rttMs < SHORT_MS)) return undefined;
  const open = () => source.openAhead?.(CONNECTIONS_AHEAD);
  if (rttMs !== undefined) {
    open();
    return undefined;
  }
  const timer = setTimeout(open, SHORT_MS);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
