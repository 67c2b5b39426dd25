import { EXECUTION_TRANSITIONS, type ExecutionState, isFinal } from "@transship/model";
import type { RuleDocument } from "../documents/rule.ts";
import { printable } from "../output/printable.ts";
import { formatBytes } from "../quantities.ts";
import { capitalised, counted, momentInWords, roughly, verbatim } from "./words.ts";

type Last = NonNullable<RuleDocument["status"]["lastExecution"]>;

const ENDS: Partial<Record<ExecutionState, string>> = { partial: ", partly failed", failed: ", failed", stopped: ", stopped" };

/** How a rule's newest run went or goes, what started and was missed, and when it runs next. */
export function runSentences({ spec, status }: RuleDocument, now: Date): string[] {
  const { lastExecution, triggers } = status;
  const clauses = [lastExecution === null ? "never ran" : lastRunInWords(lastExecution, now)];
  const next = spec.enabled ? nextRunInWords({ spec, status }, now) : undefined;
  if (next !== undefined) clauses.push(next);
  const sentences = [`${capitalised(clauses.join("; "))}.`];
  const age = (iso: string) => `${roughly(now.getTime() - Date.parse(iso))} ago`;
  if (triggers.lastEventAt !== undefined) {
    const about = triggers.lastEvent === undefined ? "" : `: ${verbatim(triggers.lastEvent)}`;
    sentences.push(`Last event ${age(triggers.lastEventAt)}${about}.`);
  }
  if (triggers.missedRuns > 0) {
    const last = triggers.lastMissedAt === undefined ? "" : `, the last ${age(triggers.lastMissedAt)}`;
    sentences.push(`${counted(triggers.missedRuns, "scheduled run")} of all time missed${last}.`);
  }
  return sentences;
}

function lastRunInWords(last: Last, now: Date): string {
  const final = isFinal(EXECUTION_TRANSITIONS, last.state);
  const since = roughly(now.getTime() - Date.parse((final ? last.finishedAt : undefined) ?? last.createdAt ?? now.toISOString()));
  if (!final) return `a run is under way for ${since} (${last.state}): ${countsInWords(last)}`;
  const [first] = last.failures;
  const why = first === undefined ? "" : ` (${printable(first.code)}: ${printable(first.message)})`;
  return `last run ${since} ago${ENDS[last.state] ?? ""}: ${countsInWords(last)}${why}`;
}

/** `997 unchanged, 3 copied (12.0 MiB), 1 failed`: the first two always, others where there are any. */
function countsInWords({ unchanged, tasks, bytes }: Last): string {
  const moved = tasks.succeeded > 0 ? ` (${formatBytes(bytes.copied)})` : "";
  const { failed, skipped, cancelled } = tasks;
  const open = tasks.total - tasks.succeeded - failed - skipped - cancelled;
  const others = Object.entries({ failed, skipped, cancelled, "to go": open }).filter(([, amount]) => amount > 0);
  return [`${unchanged} unchanged`, `${tasks.succeeded} copied${moved}`, ...others.map(([word, amount]) => `${amount} ${word}`)].join(", ");
}

function nextRunInWords({ spec, status }: Pick<RuleDocument, "spec" | "status">, now: Date): string | undefined {
  const { nextRuns, nextPollAt } = status.triggers;
  const { events = false, schedule } = spec.triggers ?? {};
  const moments = [...nextRuns.slice(0, 1), ...(nextPollAt === undefined ? [] : [nextPollAt])].sort();
  const push = events ? "at the next push" : "";
  const [moment] = moments;
  if (moment === undefined) return events ? `next run ${push}` : undefined;
  const away = Date.parse(moment) - now.getTime();
  const when = away <= 0 ? "now" : `in ${roughly(away)} (${momentInWords(moment, schedule?.timeZone ?? "UTC")})`;
  return events ? `next run ${push}, else ${when}` : `next run ${when}`;
}
