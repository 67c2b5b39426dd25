import { asTransshipError, type Side, TransshipError } from "@transship/errors";
import { NO_PROGRESS } from "@transship/model";
import type { Registry } from "@transship/oci";
import type { CopyCost, CopyEngine, CopyOptions, CopyResult, DeleteResult, Sibling } from "@transship/transfer";
import type { Assigned } from "./read-assignment.ts";
import type { BorrowedRegistry, Registries } from "./registries.ts";
import type { RulePaces } from "./rule-paces.ts";

/** How one attempt ended. `stopped`: the signal ended it. */
export type Attempt =
  | { readonly kind: "done"; readonly result: CopyResult }
  | { readonly kind: "deleted"; readonly result: DeleteResult }
  | { readonly kind: "failed"; readonly error: TransshipError; readonly cost: CopyCost }
  | { readonly kind: "stopped"; readonly cost: CopyCost };

/** What a copy cost that did not begin. */
export const NO_COST: CopyCost = { progress: NO_PROGRESS, blobs: [] };

/** Copies one artifact as assigned. Never rejects. */
export async function runTask(
  assigned: Assigned,
  means: { readonly engine: CopyEngine; readonly registries: Registries; readonly paces: RulePaces },
  { onProgress, onStep }: Pick<CopyOptions, "onProgress" | "onStep">,
  signal: AbortSignal,
): Promise<Attempt> {
  let cost = NO_COST;
  try {
    using source = borrow("source", () => means.registries.borrow(assigned.sourceAccess));
    using target = borrow("target", () => means.registries.borrow(assigned.targetAccess));
    using siblings = borrowSiblings(assigned, means.registries);
    // Its own registry is the target's nearest relative: it may have a blob in another repository and not mount it.
    const home = { name: assigned.target.instance, registry: target.registry };
    const paced = (registry: Registry) => means.paces.pace(assigned.rule, registry);
    const request = {
      source: paced(source.registry).repository(assigned.source.repository),
      target: target.registry.repository(assigned.target.repository),
      reference: assigned.source.tag,
      digest: assigned.digest,
      tag: assigned.target.tag,
      overwrite: assigned.overwrite,
      expected: assigned.expected,
      platforms: assigned.platforms,
      refill: assigned.refill,
      siblings: [home, ...siblings.opened].map((sibling) => ({ ...sibling, registry: paced(sibling.registry) })),
      rule: assigned.executionId,
      begunBefore: assigned.key.epoch > 1,
    };
    const onEnd = (end: CopyCost) => {
      cost = end;
    };
    return { kind: "done", result: await means.engine.copy(request, { signal, onProgress, onStep, onEnd }) };
  } catch (thrown) {
    if (signal.aborted) return { kind: "stopped", cost };
    return { kind: "failed", error: asTransshipError(thrown, `copying ${assigned.source.repository}:${assigned.source.tag}`), cost };
  }
}

/** Clients for all siblings that can be opened; one that cannot is no reason to fail, since the source has everything. */
function borrowSiblings(
  { siblings, holdings }: Pick<Assigned, "siblings" | "holdings">,
  registries: Registries,
): Disposable & { readonly opened: Sibling[] } {
  const lent = new DisposableStack();
  const opened: Sibling[] = [];
  for (const access of siblings) {
    try {
      const holds = holdings.filter(({ instance }) => instance === access.instance).map(({ repository }) => repository);
      opened.push({ name: access.instance, registry: lent.use(registries.borrow(access)).registry, holds });
    } catch {}
  }
  return { opened, [Symbol.dispose]: () => lent.dispose() };
}

/** A client; where it cannot be opened, the error names the side. */
export function borrow(side: Side, open: () => BorrowedRegistry): BorrowedRegistry {
  try {
    return open();
  } catch (thrown) {
    throw thrown instanceof TransshipError ? thrown.with({ side }) : thrown;
  }
}
