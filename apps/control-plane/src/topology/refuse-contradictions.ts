import { TransshipError } from "@transship/errors";
import type { Rule } from "@transship/model";
import { bothSaySource } from "@transship/planner";
import type { TopologyChange } from "@transship/store";

/**
 * Looks at the rules as they would be once all changes are made. @throws TransshipError `INVALID_ARGUMENT` where two face each other and both say that their source
 * wins: one of the two could only do so by undoing the other.
 */
export function refuseContradictions(changes: readonly TopologyChange[], stored: readonly Rule[]): void {
  const rules = new Map(stored.map((rule) => [rule.name, rule]));
  for (const change of changes) {
    if ("delete" in change) {
      if (change.delete.kind === "Rule") rules.delete(change.delete.name);
    } else if (change.apply.kind === "Rule") {
      const { metadata, spec } = change.apply;
      rules.set(metadata.name, { name: metadata.name, labels: metadata.labels, spec, createdAt: "", updatedAt: "" });
    }
  }
  const names = bothSaySource([...rules.values()])
    ?.map(({ name }) => name)
    .sort();
  if (names === undefined) return;
  throw new TransshipError("INVALID_ARGUMENT", {
    what: "the topology",
    why: `rules ${names.join(" and ")} bring the same tags to each other and both say conflict: source`,
    hint: "Let one of them say source and the other stop: the first one's source wins then.",
  });
}
