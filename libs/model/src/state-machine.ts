import { TransshipError } from "@transship/errors";

/** A state machine: each state with the states that may follow it. A state that nothing follows is final. */
export type Transitions<State extends string> = Readonly<Record<State, readonly State[]>>;

/** Whether nothing follows `state`. */
export function isFinal<State extends string>(table: Transitions<State>, state: State): boolean {
  return table[state].length === 0;
}

/** Whether the table lets `to` follow `from`. Staying is no transition. */
export function mayFollow<State extends string>(table: Transitions<State>, from: State, to: State): boolean {
  return table[from].includes(to);
}

/** `to`, where the table lets it follow `from`. @throws TransshipError `CONFLICT` otherwise. */
export function follow<State extends string>(table: Transitions<State>, noun: string, from: State, to: State): State {
  if (mayFollow(table, from, to)) return to;
  const why = isFinal(table, from) ? `${from} is final` : `${from} can only become ${table[from].join(", ")}`;
  throw new TransshipError("CONFLICT", { what: `changing ${noun} from ${from} to ${to}`, why });
}

/** States from which `state` can be reached in one step. */
export function statesBefore<State extends string>(table: Transitions<State>, state: State): State[] {
  return (Object.keys(table) as State[]).filter((from) => table[from].includes(state));
}
