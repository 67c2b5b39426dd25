import type { RuleDocument } from "../documents/rule.ts";
import { printable } from "../output/printable.ts";
import {
  conflictSentences,
  deletionSentences,
  idleSentences,
  OVERWRITE_WORDS,
  paceSentences,
  relaySentences,
  targetInWords,
} from "./tell-conditions.ts";
import { runSentences } from "./tell-runs.ts";
import { triggersInWords } from "./tell-schedule.ts";
import { filterSentences, selectionInWords } from "./tell-selection.ts";
import { listed } from "./words.ts";

/**
 * A rule in sentences: its description as it was written, what it does and when, on what conditions, how it went and when it runs next. Every field that is not
 * as it would be by default is told. Pure: the clock is the caller's.
 */
export function tellRule(rule: RuleDocument, now: Date): string[] {
  const { spec } = rule;
  const when = triggersInWords(spec.triggers, spec.source.instance);
  const targets = listed(spec.targets.map(targetInWords));
  return [
    ...(spec.description === undefined ? [] : [printable(spec.description)]),
    ...(spec.enabled ? [] : ["Is disabled: nothing below happens until it is enabled."]),
    `${when}, copies ${selectionInWords(spec)} to ${targets}, ${OVERWRITE_WORDS[spec.overwrite]}.`,
    ...filterSentences(spec),
    ...conflictSentences(spec, rule.status.facing),
    ...deletionSentences(spec),
    ...relaySentences(spec),
    ...paceSentences(spec),
    ...idleSentences(spec),
    ...runSentences(rule, now),
  ];
}
