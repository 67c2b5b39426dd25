import { artifactName, type PlanItem, type Rule, type TagConflict } from "@transship/model";
import type { OutgoingEvent } from "@transship/store";
import { outgoingEvent } from "../events-out/cloud-event.ts";
import type { BothSides } from "../planning/both-ways.ts";
import { conflictText } from "../planning/found-conflicts.ts";
import type { ExecutionDesk } from "./execution-desk.ts";

/** Conflicts that an event names, and that one page writes to the log; both count all. */
const MOST_TOLD = 10;

/**
 * Keeps what a page learned of tags between whose places rules lead both ways, and tells of conflicts: the log of each execution that finds them, webhooks and metrics
 * once. `begunAt`: before the page was looked at, so that what arrived since counts as newer.
 */
export async function keepPairs(desk: ExecutionDesk, execution: string, rule: Rule, learned: BothSides, begunAt: Date): Promise<void> {
  const { pairs } = desk.store;
  if (learned.agreed.length > 0) await pairs.agree(learned.agreed, begunAt);
  if (learned.settled.length > 0) await pairs.settle(learned.settled);
  tellWithdrawn(desk, execution, rule, learned.withdrawn);
  if (learned.conflicts.length === 0) return;
  for (const item of learned.conflicts.slice(0, MOST_TOLD)) desk.executionLog.warn(execution, conflictText(item), factsOf(item));
  const more = learned.conflicts.length - MOST_TOLD;
  if (more > 0) desk.executionLog.warn(execution, `${more} more tags of this page moved on both sides`, { code: "TAG_CONFLICT" });
  const fresh = await pairs.conflict(learned.conflicts.map(conflictOf), rule.name, desk.now(), (some) =>
    conflictEvent(rule.name, execution, some, desk.now()),
  );
  if (fresh.length === 0) return;
  desk.metrics.conflictsFound(rule.name, fresh.length);
  desk.tidings.wake();
}

/** A registry that was set up anew and empty looks like one whose tags were all deleted: what is not brought back is said. */
function tellWithdrawn(desk: ExecutionDesk, execution: string, rule: Rule, items: readonly PlanItem[]): void {
  const [first] = items;
  if (first === undefined) return;
  const what = `${items.length} tags that ${first.target.instance} had and lost are not brought back, ${artifactName(first.source)} first`;
  desk.executionLog.warn(execution, `${what}; \`transship rule run ${rule.name} --settle\` brings them`, { withdrawn: items.length });
}

function factsOf({ digest, atTarget, base, facing }: PlanItem) {
  return { code: "TAG_CONFLICT", atSource: digest, atTarget, base, facing } as const;
}

function conflictOf({ source, target, digest, atTarget = "", base }: PlanItem): TagConflict {
  return { source, target, tag: target.tag, atSource: digest, atTarget, base };
}

/** The event that tags moved on both sides: how many that was not known of yet, and the first of them. */
function conflictEvent(rule: string, execution: string, fresh: readonly TagConflict[], at: Date): OutgoingEvent {
  const conflicts = fresh.slice(0, MOST_TOLD).map(({ source, target, tag, atSource, atTarget, base }) => ({
    artifact: artifactName({ repository: source.repository, tag }),
    source: { instance: source.instance, repository: source.repository, tag, digest: atSource },
    target: { instance: target.instance, repository: target.repository, tag, digest: atTarget },
    base: base ?? null,
  }));
  return outgoingEvent("conflict.detected", rule, {
    subject: `rules/${rule}`,
    at,
    data: { rule, execution, count: fresh.length, conflicts },
  });
}
