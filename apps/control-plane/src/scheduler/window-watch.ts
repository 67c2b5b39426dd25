import { isOpen, nextChange, type Rule, windowText } from "@transship/model";

/** Until when a rule pauses, and why; empty while its window is open, or where it has none. */
export function pausedText(rule: Rule | undefined, now: Date): string {
  const window = rule?.spec.window;
  if (window === undefined || isOpen(window, now)) return "";
  return `paused until ${nextChange(window, now).toISOString()}, outside the rule's window ${windowText(window)}`;
}

/** When rules with a work window may move bytes, and since when each may again. */
export class WindowWatch {
  /** By rule: when its window was seen to be closed last. */
  readonly #closedAt = new Map<string, number>();
  /** By rule: since when, and for how long it had been closed before. */
  readonly #opened = new Map<string, { readonly at: number; readonly afterMs: number }>();

  /** A rule without a window, or that was deleted while it runs, is always open. */
  isOpen(rule: Rule | undefined, now: Date): boolean {
    if (rule?.spec.window === undefined) return true;
    const open = isOpen(rule.spec.window, now);
    const closedAt = this.#closedAt.get(rule.name);
    if (!open && closedAt === undefined) this.#closedAt.set(rule.name, now.getTime());
    if (open && closedAt !== undefined) {
      this.#closedAt.delete(rule.name);
      this.#opened.set(rule.name, { at: now.getTime(), afterMs: now.getTime() - closedAt });
    }
    return open;
  }

  /** For so many milliseconds after a window opened: how long it had been closed. 0 afterwards. */
  closedMs(rule: Rule | undefined, now: Date, forMs: number): number {
    const opened = this.#opened.get(rule?.name ?? "");
    if (opened === undefined || rule === undefined) return 0;
    if (now.getTime() - opened.at < forMs) return opened.afterMs;
    this.#opened.delete(rule.name);
    return 0;
  }

  /** When the next window of these rules opens or closes; undefined where none has one. */
  nextChange(rules: readonly Rule[], now: Date): Date | undefined {
    const changes = rules.flatMap(({ spec }) => (spec.window === undefined ? [] : [nextChange(spec.window, now).getTime()]));
    return changes.length === 0 ? undefined : new Date(Math.min(...changes));
  }
}
