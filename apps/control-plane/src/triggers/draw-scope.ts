import { type Rule, type ScopeEntry, subjectOfTag } from "@transship/model";
import { maySelect } from "../planning/may-select.ts";
import type { Hint } from "./formats/hint.ts";

/**
 * What a rule is to look at because of a hint about an instance; nothing where nothing that it selects can have changed. Where the rule's choice needs more than
 * the tag's name (which are the newest, what kind it is), and for signatures, which go with what they sign, it is the whole repository too. Pure.
 */
export function drawScope(rule: Rule, instance: string, hint: Hint): ScopeEntry[] {
  const { spec } = rule;
  if (!spec.enabled || spec.triggers?.events !== true || spec.source.instance !== instance) return [];
  if (hint.action === "delete" && spec.deletion?.propagate !== true) return [];
  if (!maySelect(rule, hint.repository, hint.tag)) return [];
  const { repository, tag, digest, action } = hint;
  if (tag === undefined) return [{ repository, action }];
  const named = { repository, tag, digest, action };
  return subjectOfTag(tag) !== undefined || needsListing(rule) ? [named, { repository, action }] : [named];
}

function needsListing({ spec: { kinds, tags = {} } }: Rule): boolean {
  return kinds !== undefined || tags.newest !== undefined || tags.pushedWithin !== undefined;
}
