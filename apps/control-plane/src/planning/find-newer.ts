import { artifactName, type PlanItem } from "@transship/model";
import type { Desk } from "../work/ask-nearest.ts";
import { createdTimes } from "../work/look-up.ts";
import type { Sides } from "./both-ways.ts";

/** Images asked about in one question, so that an agent need not be silent for long. */
const IMAGES_A_QUESTION = 50;

/**
 * Which side's image was created later, of items that moved on both, by `repository:tag` at the source. Where the two are equal, or one does not say when, it is not
 * known. @throws TransshipError what looking them up failed with.
 */
export async function findNewer(
  desk: Desk,
  sides: Sides,
  items: readonly PlanItem[],
  atTarget: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Map<string, "source" | "target">> {
  const newer = new Map<string, "source" | "target">();
  for (let start = 0; start < items.length; start += IMAGES_A_QUESTION) {
    const some = items.slice(start, start + IMAGES_A_QUESTION).map(({ source, target, digest }) => ({
      name: artifactName(source),
      here: { repository: source.repository, digest },
      there: { repository: target.repository, digest: atTarget.get(artifactName(target)) ?? "" },
    }));
    const [here, there] = await Promise.all([
      createdTimes(
        desk,
        sides.source,
        "source",
        some.map((one) => one.here),
        signal,
      ),
      createdTimes(
        desk,
        sides.target,
        "target",
        some.map((one) => one.there),
        signal,
      ),
    ]);
    for (const one of some) {
      const source = here.get(nameOf(one.here));
      const target = there.get(nameOf(one.there));
      if (source === undefined || target === undefined || source === target) continue;
      newer.set(one.name, source > target ? "source" : "target");
    }
  }
  return newer;
}

function nameOf({ repository, digest }: { readonly repository: string; readonly digest: string }): string {
  return `${repository}@${digest}`;
}
