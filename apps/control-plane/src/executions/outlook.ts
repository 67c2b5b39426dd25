import type { ExecutionOutlook } from "@transship/api";
import {
  EXECUTION_TRANSITIONS,
  type ExecutionSummary,
  isFinal,
  isOpen,
  nextChange,
  type Rule,
  timeLeftMs,
  windowText,
} from "@transship/model";
import type { Rates } from "./rates.ts";

/** What is known of an execution beyond what is stored: whether its work window is closed, how fast it goes, and when it will be done. */
export function outlookOf(execution: ExecutionSummary, rule: Rule | undefined, rates: Rates, now: Date): ExecutionOutlook {
  if (isFinal(EXECUTION_TRANSITIONS, execution.state)) return { waiting: "", bytesPerSecond: 0, leftMs: 0 };
  const bytesPerSecond = rates.of(execution.id, now);
  return { waiting: pausedText(execution, rule, now), bytesPerSecond, leftMs: timeLeftMs(execution, bytesPerSecond) ?? 0 };
}

/** Nothing moves outside the window, but listing and planning go on. */
function pausedText(execution: ExecutionSummary, rule: Rule | undefined, now: Date): string {
  const window = rule?.spec.window;
  if (window === undefined || execution.state !== "copying" || isOpen(window, now)) return "";
  return `paused until ${nextChange(window, now).toISOString()}, outside the rule's window ${windowText(window)}`;
}
