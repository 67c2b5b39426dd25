import { TransshipError } from "@transship/errors";
import { edgeRules, type Replication, type Rule } from "@transship/model";
import { bothSaySource } from "@transship/planner";
import type { TopologyChange } from "@transship/store";
import { resultingSpecs } from "./resulting.ts";

/** Of documents that are looked at before they are stored. */
const UNSTORED = { labels: {}, createdAt: "", updatedAt: "" };

/**
 * Looks at rules and edges as they would be once all changes are made. @throws TransshipError `INVALID_ARGUMENT` where two face each other and both say that their
 * source wins, as every edge of a replication does: one of the two could only do so by undoing the other.
 */
export function refuseContradictions(
  changes: readonly TopologyChange[],
  rules: readonly Rule[],
  replications: readonly Replication[],
): void {
  const written = [...resultingSpecs("Rule", rules, changes)].map(([name, spec]) => ({ ...UNSTORED, name, spec }));
  const trees = [...resultingSpecs("Replication", replications, changes)].map(([name, spec]) => ({ ...UNSTORED, name, spec }));
  const names = bothSaySource([...written, ...trees.flatMap(edgeRules)])
    ?.map(({ name }) => name)
    .sort();
  if (names === undefined) return;
  throw new TransshipError("INVALID_ARGUMENT", {
    what: "the topology",
    why: `${names.join(" and ")} bring the same tags to each other and both say conflict: source`,
    hint: "Let one of them say source and the other stop: the first one's source wins then. Edges of replications always say source.",
  });
}
