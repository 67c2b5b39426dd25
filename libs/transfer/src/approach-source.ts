import type { Manifest } from "@transship/oci";
import type { Journey } from "./journey.ts";
import { SHORT_MS } from "./path-memory.ts";
import { tryPatiently } from "./patience.ts";

/** Connections that are opened before the size of an artifact is known. */
const CONNECTIONS_AHEAD = 16;

/**
 * Fetches the root manifest, and meanwhile gets ready for its blobs where the source does not turn out to be near: learns how far away it is, and opens connections.
 * Undefined where the source has no such manifest.
 */
export async function approachSource(journey: Journey, reference: string): Promise<Manifest | undefined> {
  const { source, paths, signal, retried } = journey;
  using _ = getReady(journey, reference);
  const root = await tryPatiently(
    "source",
    signal,
    () => paths.timed(source.registry, () => source.manifest(reference, { signal })),
    retried,
  );
  void learnDistance(journey, reference);
  return root;
}

/** By HEADs, unless it is known or the answers so far showed that it is short. */
function learnDistance({ source, paths, signal }: Journey, reference: string): Promise<void> {
  return paths.measure(source.registry, () => source.resolve(reference, { signal }));
}

/** At once where the source is known to be far, else as soon as an answer takes longer than it would on a short path; not after disposal. */
function getReady(journey: Journey, reference: string): Disposable | undefined {
  const { source, paths } = journey;
  const long = !paths.isShort(source.registry);
  if (!long && (paths.rttMs(source.registry) ?? SHORT_MS) < SHORT_MS) return undefined;
  const ready = () => {
    source.openAhead?.(CONNECTIONS_AHEAD);
    void learnDistance(journey, reference);
  };
  if (long) {
    ready();
    return undefined;
  }
  const before = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    // What came while this process was busy has not been seen yet.
    if (performance.eventLoopUtilization(before).idle < SHORT_MS / 2) return;
    clearInterval(timer);
    ready();
  }, SHORT_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
