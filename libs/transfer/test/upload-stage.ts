import { type Settings, seedImage } from "@transship/dev-registry";
import { findLosses } from "./faults/scene.ts";
import { takeWay } from "./faults/way.ts";
import { type Stage, setStage } from "./stage.ts";

/** A copy of one image whose second layer is large, to a target with a habit. */
export async function copyTo(settings: Partial<Settings>, layer: number): Promise<Copied> {
  const stage = await setStage({ target: { settings } });
  // Large layers by way of the disk, others streamed, however busy the machine is.
  takeWay(stage.source, "spooled");
  return { stage, ...(await copyImage(stage, "v1", layer)) };
}

/** What a copy came to, seen from the upload. */
export interface Outcome {
  readonly uploads: ReadonlyMap<number, string | undefined>;
  readonly wasted: number;
  /** What is missing or wrong at the target. */
  readonly losses: readonly string[];
  /** How often the source sent the large layer beyond the one time that is needed. */
  readonly fetchedAgain: number;
}
/** With the stage that it was played on. */
export type Copied = Outcome & { readonly stage: Stage };

/** Copies an image with a small layer and one of `layer` bytes, both new for each tag. */
export async function copyImage(stage: Stage, tag: string, layer: number): Promise<Outcome> {
  const layers = [
    { size: 2_000, seed: `small ${tag}` },
    { size: layer, seed: `large ${tag}` },
  ];
  const image = await seedImage(stage.source, { repository: "app", tag, layers });
  const before = stage.source.stats.bytesServed();
  const result = await stage.engine.copy(stage.request("app", tag));
  // The manifest comes beside them.
  const fetchedAgain = Math.floor((stage.source.stats.bytesServed() - before) / (image.size + layer / 2));
  return {
    uploads: new Map(result.blobs.map(({ size, upload }) => [size, upload])),
    wasted: result.progress.bytes.wasted,
    losses: await findLosses(stage.target, "app", image),
    fetchedAgain,
  };
}

/** How often the target answered an operation with a status: shows that a habit was met. */
export function answered(stage: Stage, op: string, status: number): number {
  return stage.target.stats.log.filter((record) => record.op === op && record.status === status).length;
}

/** What the engine knows of the target. */
export function profileOf(stage: Stage) {
  return stage.journal.uploadProfile(stage.target.url)?.profile;
}
