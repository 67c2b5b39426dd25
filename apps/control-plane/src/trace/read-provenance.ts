import { type Arrival, type ArtifactPlace, artifactName, isDigestReference, type Task } from "@transship/model";
import type { PlacedTask, Store } from "@transship/store";

/** What is remembered of a place. */
export interface Provenance {
  /** What was brought there last; of a place that is named by a digest, that digest under some tag. */
  readonly arrival: Arrival | undefined;
  /** Tasks with it as their target, newest first; none where it is named by a digest. */
  readonly tasks: readonly PlacedTask[];
}

/** Tasks of a place that are looked at. */
const RECENT = 50;

/** Reads what is remembered of a place. */
export async function readProvenance({ arrivals, tasks }: Pick<Store, "arrivals" | "tasks">, place: ArtifactPlace): Promise<Provenance> {
  if (isDigestReference(place.tag)) {
    const all = await arrivals.in(place.instance, [place.repository]);
    return { arrival: all.find(({ digest }) => digest === place.tag), tasks: [] };
  }
  const [arrived, recent] = await Promise.all([arrivals.at(place.instance, [place]), tasks.at(place, RECENT)]);
  return { arrival: arrived.get(artifactName(place)), tasks: recent };
}

/** The newest copy of a digest to the place that succeeded; undefined where none is remembered. */
export function bringer({ tasks }: Provenance, digest: string): Task | undefined {
  return tasks.find(({ task }) => task.operation === "copy" && task.state === "succeeded" && task.digest === digest)?.task;
}
