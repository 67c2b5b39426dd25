import type { Descriptor } from "@transship/oci";
import type { CopyContext } from "./copy-context.ts";
import { placeBlob } from "./place-blob.ts";

/** Places blobs through the engine's queue. The first failure stops the others, and is thrown once all have stopped. */
export async function placeBlobs(blobs: readonly Descriptor[], context: CopyContext): Promise<void> {
  const { journey } = context;
  const failed = new AbortController();
  const together = { ...journey, signal: AbortSignal.any([journey.signal, failed.signal]) };
  for (const blob of blobs) journey.tally.expect(blob);
  const outcomes = await Promise.allSettled(
    blobs.map((blob) =>
      placeBlob(blob, together, context).catch((error: unknown) => {
        if (!failed.signal.aborted) failed.abort(error);
        throw error;
      }),
    ),
  );
  journey.signal.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
  const lost = outcomes.find((outcome) => outcome.status === "rejected");
  if (lost !== undefined) throw lost.reason;
}
