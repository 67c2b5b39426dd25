import { asTransshipError, type TransshipError } from "@transship/errors";
import { type InventoryEntry, mayCollide } from "@transship/model";
import { type Claims, type ComparedPage, claimNames, comparePage, mapToTarget } from "@transship/planner";
import { inOrder } from "../planning/in-order.ts";
import { listSource } from "../planning/list-source.ts";
import type { Desk } from "../work/ask-nearest.ts";
import { resolveTags } from "../work/look-up.ts";
import type { DriftScope, Side } from "./drift-scope.ts";

/** What comparing needs. */
export interface CompareDesk extends Desk {
  readonly now: () => Date;
}

/** A page of the source, compared with every side. */
export interface SidesPage {
  /** In the order of the scope's sides: what each target of a side came to, or why the side could not be compared. */
  readonly sides: readonly (readonly ComparedPage[] | TransshipError)[];
  /** The digests of a side, by `repository:tag` there; undefined where it could not be asked. */
  readonly digests: readonly (ReadonlyMap<string, string> | undefined)[];
}

/** Pages whose tags are looked up at the sides at the same time. */
const PAGES_AT_ONCE = 4;

/**
 * Lists the source once, page by page, and looks each page up at all sides side by side. A side that fails once is not asked again, and says so on every page that
 * follows; the others go on. Memory does not grow with the number of tags, except for rules that can give two repositories one name.
 * @throws TransshipError what listing the source failed with: a failed listing is never a short one.
 */
export async function* compareSides(desk: CompareDesk, scope: DriftScope, signal: AbortSignal): AsyncGenerator<SidesPage> {
  const { rule, source, sides } = scope;
  const own = new AbortController();
  const either = AbortSignal.any([signal, own.signal]);
  const claims: Claims | undefined = mayCollide(rule.spec.targets) ? new Map() : undefined;
  const wishes = { now: desk.now().getTime(), explain: false, inOrder: claims !== undefined };
  const broken = new Map<Side, TransshipError>();
  const ask = async (side: Side, entries: readonly InventoryEntry[]): Promise<ReadonlyMap<string, string> | TransshipError> => {
    const known = broken.get(side);
    if (known !== undefined) return known;
    try {
      return await resolveTags(desk, side.instance, placesAt(scope, side, entries), either);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asTransshipError(thrown, `looking at ${side.instance.name}`).with({ side: "target" });
      broken.set(side, error);
      return error;
    }
  };
  try {
    const pages = inOrder(listSource(desk, source, rule, { scope: undefined, wishes }, either), PAGES_AT_ONCE, async ({ entries }) => ({
      entries,
      there: await Promise.all(sides.map((side) => ask(side, entries))),
    }));
    for await (const { entries, there } of pages) {
      const compared = sides.map((side, index) => {
        const atTarget = there[index] ?? new Map<string, string>();
        if (!(atTarget instanceof Map)) return broken.get(side) ?? (atTarget as TransshipError);
        return side.targets.map((target) => {
          const taken = claims && claimNames(claims, rule.spec, target, entries);
          return comparePage({ rule: rule.spec, target, entries, atTarget, taken });
        });
      });
      yield { sides: compared, digests: there.map((found) => (found instanceof Map ? found : undefined)) };
    }
  } finally {
    own.abort();
  }
}

function placesAt({ rule }: DriftScope, { targets }: Side, entries: readonly InventoryEntry[]) {
  return targets.flatMap((target) =>
    entries.flatMap(({ repository, tag }) => {
      const name = mapToTarget(rule.spec, target, repository);
      return "refused" in name ? [] : [{ repository: name.repository, tag }];
    }),
  );
}
