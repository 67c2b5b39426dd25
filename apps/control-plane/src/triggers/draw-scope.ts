import { type Rule, type ScopeEntry, subjectOfTag } from "@transship/model";
import { maySelect } from "../planning/may-select.ts";
import type { Hint } from "./formats/hint.ts";

/**
 * What a rule is to look at because of a hint about an instance; undefined = nothing that it selects can have changed. Where the rule's choice needs more than
 * the tag's name (which are the newest, what kind it is), and for signatures, which go with what they sign, it is the whole repository. Pure.
 */
export function drawScope(rule: Rule, instance: string, hint: Hint): ScopeEntry | undefined {
  const { spec } = rule;
  if (!spec.enabled || spec.triggers?.events !== true || spec.source.instance !== instance) return undefined;
  if (hint.action === "delete" && spec.deletion?.propagate !== true) return undefined;
  if (!maySelect(rule, hint.repository, hint.tag)) return undefined;
  const { repository, tag, digest, action } = hint;
  if (tag === undefined || subjectOfTag(tag) !== undefined || needsListing(rule)) return { repository, action };
  return { repository, tag, digest, action };
}

function needsListing({ spec: { kinds, tags = {} } }: Rule): boolean {
  return kinds !== undefined || tags.semver !== undefined || tags.newest !== undefined || tags.pushedWithin !== undefined;
}
