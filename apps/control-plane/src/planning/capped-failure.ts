import { CODES, TransshipError } from "@transship/errors";
import type { Failure, Rule } from "@transship/model";
import type { TargetDeletions } from "./plan-deletions.ts";

/** Why deletions were left out at targets that would lose more than the rule allows. */
export function cappedFailure({ spec }: Rule, capped: readonly TargetDeletions[]): Failure {
  const { maxCount = 0, maxShare = 0 } = spec.deletion ?? {};
  const places = capped.map(({ target, capped: gone, present }) => `${gone} of ${present} tags at ${target.instance}`);
  const error = new TransshipError("DELETION_CAPPED", {
    what: "deleting what the source no longer has",
    why: `that would be ${places.join(", ")}, and the rule allows ${maxCount} tags and ${maxShare} % at one target; none was deleted there`,
    side: "target",
  });
  return { code: error.code, side: error.side, message: error.message, hint: CODES.DELETION_CAPPED.hint };
}
