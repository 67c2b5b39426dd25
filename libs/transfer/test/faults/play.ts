import type { Way } from "@transship/model";
import type { FaultCase } from "./fault-case.ts";
import { findLosses, type Scene, setScene } from "./scene.ts";
import { TWO_CHUNKS, takeWay, WAYS } from "./way.ts";

/** What a copy with a fault in it came to. */
export interface Ending {
  /** Faults that never fired. */
  readonly unfired: readonly string[];
  /** Code and side of the failure; undefined where the copy went through. */
  readonly failure: { readonly code: unknown; readonly side: unknown } | undefined;
  /** The way that the large layer took; undefined where the copy failed. */
  readonly way: Way | undefined;
  /** Whether the tag was there after a failure. */
  readonly tagAfterFailure: boolean;
  /** What is missing or wrong at the target, after a second copy without the faults where the first failed. */
  readonly losses: readonly string[];
  /** Blobs that were missing when the tag became visible. */
  readonly early: readonly string[];
  /** Bytes of the large layer, and those thrown away. */
  readonly size: number;
  readonly wastedBytes: number;
  /** Bytes fetched and kept, less than those of the image. */
  readonly missingBytes: number;
  /** Requests that the registries with faults saw until the copy ended. */
  readonly requests: number;
}

/**
 * Bytes that ranges may waste whatever goes wrong: free lanes take halves of what slow ones have left, which have a read under way then (256 KiB). On a busy machine
 * many look slow.
 */
export const HELP_BYTES = 2 * 1024 * 1024;

/** Plays one fault in one way of copying. */
export async function play(faultCase: FaultCase, way: Way): Promise<Ending> {
  const size = faultCase.chunks === true ? TWO_CHUNKS : WAYS[way].size;
  await using scene = await setScene(faultCase, size);
  const { stage, image, faults, early } = scene;
  takeWay(stage.source, way);
  const outcome = await copy(scene);
  const unfired = faults.filter(({ fired }) => fired === 0).map(({ rule }) => rule.action.kind);
  const faulty = [...(faultCase.source === undefined ? [] : [stage.source]), ...(faultCase.target === undefined ? [] : [stage.target])];
  const requests = faulty.reduce((sum, { stats }) => sum + stats.requests(), 0);
  const tagAfterFailure = "failure" in outcome && stage.target.storage.catalogue.tagDigest("app", "v1") === image.digest;
  if ("failure" in outcome) {
    for (const fault of faults) fault.remove();
    await stage.engine.copy(stage.request("app", "v1"));
  }
  const losses = await findLosses(stage.target, "app", image);
  const { copied, wasted } = "result" in outcome ? outcome.result.progress.bytes : { copied: image.size, wasted: 0 };
  return {
    unfired,
    failure: "failure" in outcome ? outcome.failure : undefined,
    way: "result" in outcome ? outcome.result.blobs.find((blob) => blob.size === size)?.way : undefined,
    tagAfterFailure,
    losses,
    early,
    size,
    wastedBytes: wasted,
    missingBytes: image.size - (copied - wasted),
    requests,
  };
}

async function copy({ stage }: Scene) {
  try {
    return { result: await stage.engine.copy(stage.request("app", "v1")) };
  } catch (error) {
    const { code, side } = error as { code?: unknown; side?: unknown };
    return { failure: { code, side } };
  }
}
