import type { ExecutionOutlook } from "@transship/api";
import { EXECUTION_TRANSITIONS, type ExecutionSummary, isFinal, type Rule, timeLeftMs } from "@transship/model";
import { pausedText } from "../scheduler/window-watch.ts";
import type { Rates } from "./rates.ts";

/** What is known of an execution beyond what is stored: whether its work window is closed, how fast it goes, and when it will be done. */
export function outlookOf(execution: ExecutionSummary, rule: Rule | undefined, rates: Rates, now: Date): ExecutionOutlook {
  if (isFinal(EXECUTION_TRANSITIONS, execution.state)) return { waiting: "", bytesPerSecond: 0, leftMs: 0 };
  const bytesPerSecond = rates.of(execution.id, now);
  // Nothing moves outside the window, but listing and planning go on.
  const waiting = execution.state === "copying" ? pausedText(rule, now) : "";
  return { waiting, bytesPerSecond, leftMs: timeLeftMs(execution, bytesPerSecond) ?? 0 };
}
