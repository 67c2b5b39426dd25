import type { Operation } from "../route.ts";
import { DEFAULT_OPERATIONS, type FaultAction, type FaultKind, type FaultRule } from "./fault.ts";

/** A rule in force. */
export interface Fault {
  readonly rule: FaultRule;
  /** Requests that matched, harmed or not. */
  readonly matched: number;
  /** Requests that were really harmed: what a fault test asserts. */
  readonly fired: number;
  /** Takes the rule out of the plan. */
  remove(): void;
}

/** A fault that waits for its moment in one request. */
export interface ArmedFault<K extends FaultKind = FaultKind> {
  readonly action: Extract<FaultAction, { kind: K }>;
  /** Says that the harm is done; counts once per request. */
  fire(): void;
}

/** The faults that wait in one request. */
export interface ArmedFaults {
  of<K extends FaultKind>(kind: K): ArmedFault<K> | undefined;
  /** The request is over; a fault that did not fire may try the next one. */
  settle(): void;
}

interface Entry {
  readonly rule: FaultRule;
  matched: number;
  fired: number;
  /** Requests in flight that may still be harmed. */
  waiting: number;
}

/** What a request shows to a fault plan. */
export interface FaultedRequest {
  readonly method: string;
  readonly target: string;
  readonly op: Operation;
}

/** The faults of a registry: rules that match requests, count, and wear out. */
export class FaultPlan {
  readonly #entries = new Set<Entry>();

  add(rule: FaultRule): Fault {
    const entry: Entry = { rule, matched: 0, fired: 0, waiting: 0 };
    this.#entries.add(entry);
    return {
      rule,
      get matched() {
        return entry.matched;
      },
      get fired() {
        return entry.fired;
      },
      remove: () => void this.#entries.delete(entry),
    };
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Arms every rule that matches; of several rules of one kind, the oldest that is not worn out. */
  arm(request: FaultedRequest): ArmedFaults {
    const armed = new Map<FaultKind, { entry: Entry; fired: boolean }>();
    for (const entry of this.#entries) {
      if (!matches(entry.rule, request)) continue;
      entry.matched += 1;
      if (entry.matched <= (entry.rule.after ?? 0)) continue;
      if (entry.fired + entry.waiting >= (entry.rule.times ?? 1)) continue;
      if (armed.has(entry.rule.action.kind)) continue;
      entry.waiting += 1;
      armed.set(entry.rule.action.kind, { entry, fired: false });
    }
    return {
      of: <K extends FaultKind>(kind: K) => {
        const found = armed.get(kind);
        if (found === undefined) return undefined;
        const action = found.entry.rule.action as Extract<FaultAction, { kind: K }>;
        return { action, fire: () => fireOnce(found) };
      },
      settle: () => {
        for (const { entry, fired } of armed.values()) if (!fired) entry.waiting -= 1;
        armed.clear();
      },
    };
  }
}

function fireOnce(armed: { readonly entry: Entry; fired: boolean }): void {
  if (armed.fired) return;
  armed.fired = true;
  armed.entry.waiting -= 1;
  armed.entry.fired += 1;
}

function matches(rule: FaultRule, request: FaultedRequest): boolean {
  const { method, path, op } = rule.match ?? {};
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  if (path !== undefined && request.target.search(path) < 0) return false;
  const operations: readonly Operation[] = op === undefined ? DEFAULT_OPERATIONS[rule.action.kind] : typeof op === "string" ? [op] : op;
  return operations.includes(request.op);
}
