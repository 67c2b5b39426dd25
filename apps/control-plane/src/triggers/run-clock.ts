import { edgeName, type Rule } from "@transship/model";
import type { OutgoingEvent, RuleTriggers, ScheduleStep, Store } from "@transship/store";
import type { Logger } from "pino";
import { outgoingEvent } from "../events-out/cloud-event.ts";
import type { Executions } from "../executions/executions.ts";
import type { Metrics } from "../metrics.ts";
import type { KnownTopology } from "../topology/known-topology.ts";
import type { WakeUp } from "../wake-up.ts";
import { duePoll } from "./due-poll.ts";
import { dueSchedule } from "./due-schedule.ts";

/** What starting runs by the clock needs. */
export interface ClockDesk {
  readonly store: Pick<Store, "topology" | "triggers" | "deliveries">;
  readonly topology: Pick<KnownTopology, "current">;
  readonly executions: Pick<Executions, "trigger">;
  /** Woken when there is something to tell. */
  readonly tidings: WakeUp;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => Date;
}

/** Longest sleep in milliseconds: a clock that is set to another time wakes nobody. */
const LONGEST_SLEEP_MS = 30_000;
/** Until a run that could not be started, say because the disk is full, is tried again. */
const TRY_AGAIN_MS = 5_000;

/** The loop that starts runs when they are due, by schedule or as a poll; woken when rules change. Ends when `signal` aborts. */
export async function runClock(desk: ClockDesk, changed: WakeUp, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let next: number;
    try {
      next = await startDue(desk);
    } catch (thrown) {
      if (!signal.aborted) desk.log.error({ err: thrown }, "starting runs by the clock failed; it is tried again");
      next = desk.now().getTime() + TRY_AGAIN_MS;
    }
    await changed.sleep(Math.max(1, Math.min(LONGEST_SLEEP_MS, next - desk.now().getTime())), signal);
  }
}

/** Starts what is due. Returns when to look again, in milliseconds since 1970. */
async function startDue(desk: ClockDesk): Promise<number> {
  const known = new Map((await desk.store.triggers.list()).map((triggers) => [triggers.rule, triggers]));
  let next = Number.POSITIVE_INFINITY;
  const repairs = new Map((await desk.store.topology.listEdges()).map((edge) => [edgeName(edge.replication, edge.replica), edge.repairAt]));
  for (const rule of (await desk.topology.current()).rules.values()) {
    try {
      next = Math.min(
        next,
        await bySchedule(desk, rule, known.get(rule.name)),
        await byPoll(desk, rule, known.get(rule.name), repairs.get(rule.name)),
      );
    } catch (thrown) {
      desk.log.error({ err: thrown, rule: rule.name }, "a run was due and did not start; it is tried again");
      next = Math.min(next, desk.now().getTime() + TRY_AGAIN_MS);
    }
  }
  return next;
}

/** Started and told first, remembered then: a crash in between starts it twice, which finds nothing to do, and tells it twice, and never loses it. */
async function bySchedule(desk: ClockDesk, rule: Rule, known: RuleTriggers | undefined): Promise<number> {
  const { step, start } = dueSchedule(rule.spec.enabled ? rule.spec.triggers?.schedule : undefined, known, desk.now());
  if (start !== undefined) await desk.executions.trigger(rule.name, start);
  if (step?.missed !== undefined) await tellMissed(desk, rule.name, step.missed, start !== undefined);
  if (step !== undefined) await desk.store.triggers.scheduled(rule.name, step);
  const nextAt = step === undefined ? known?.nextAt : step.nextAt;
  return nextAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(nextAt);
}

async function tellMissed(desk: ClockDesk, rule: string, missed: NonNullable<ScheduleStep["missed"]>, started: boolean): Promise<void> {
  const { count, lastAt } = missed;
  await desk.store.deliveries.post(missedEvent(rule, { missed: count, lastAt, started }, desk.now()), desk.now());
  desk.tidings.wake();
  desk.log.warn({ rule, missed: count, lastAt, started }, "scheduled runs were missed");
  desk.metrics.scheduleMissed(rule, count);
}

function missedEvent(rule: string, data: object, at: Date): OutgoingEvent {
  return outgoingEvent("schedule.missed", rule, { subject: `rules/${rule}`, at, data: { rule, ...data } });
}

async function byPoll(desk: ClockDesk, rule: Rule, known: RuleTriggers | undefined, repairAt: string | undefined): Promise<number> {
  const due = duePoll(rule, known, repairAt);
  if (due === undefined || due.at > desk.now()) return due?.at.getTime() ?? Number.POSITIVE_INFINITY;
  // A run that the schedule started just now is one of everything: it counts.
  const fresh = duePoll(rule, await desk.store.triggers.get(rule.name), repairAt);
  if (fresh !== undefined && fresh.at > desk.now()) return fresh.at.getTime();
  await desk.executions.trigger(rule.name, due.trigger);
  return desk.now().getTime() + 1;
}
