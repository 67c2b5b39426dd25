/** When a rule ran and is to run next without being asked. Moments are ISO 8601, UTC. */
export interface RuleTriggers {
  readonly rule: string;
  /** The schedule that `nextAt` was worked out from; undefined = none is kept. */
  readonly schedule: string | undefined;
  /** When it falls due next by that schedule; undefined = never again. */
  readonly nextAt: string | undefined;
  /** The last moment at which it fell due, whether or not a run came of it. */
  readonly lastDueAt: string | undefined;
  /** Scheduled moments at which nobody was there to start it, of all time. */
  readonly missed: number;
  readonly lastMissedAt: string | undefined;
  /** When a run of its whole source was last asked for. */
  readonly lastFullAt: string | undefined;
  /** When an event last asked for a run of it, and of what (`repository:tag`). */
  readonly lastEventAt: string | undefined;
  readonly lastEvent: string | undefined;
}

/** How a rule's schedule went on. */
export interface ScheduleStep {
  readonly schedule: string | undefined;
  readonly nextAt: string | undefined;
  /** Absent = nothing fell due. */
  readonly dueAt?: string | undefined;
  /** Added to what was missed before. */
  readonly missed?: { readonly count: number; readonly lastAt: string } | undefined;
}

/** What is known of the triggers of rules. Goes with the rule; opening executions keeps `lastFullAt` and the last event. */
export interface TriggerStore {
  /** By rule; those of which something is known. */
  list(): Promise<RuleTriggers[]>;
  get(rule: string): Promise<RuleTriggers | undefined>;
  /** Records how a schedule went on; does nothing where the rule is gone. */
  scheduled(rule: string, step: ScheduleStep): Promise<void>;
}
