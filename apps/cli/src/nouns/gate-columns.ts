import type { GateDocument } from "../documents/gate.ts";
import type { Column } from "../output/table.ts";
import { formatAge } from "../quantities.ts";

/** What `instance describe` and `agent describe` show of each gate, after the column that says whose. */
const COLUMNS: readonly Column<GateDocument>[] = [
  { title: "URL", cell: (gate) => gate.url },
  { title: "CIRCUIT", cell: circuitText },
  { title: "PAUSED", cell: pauseText },
  { title: "IN FLIGHT", cell: (gate) => `${gate.inFlight}/${gate.concurrency}`, align: "right" },
  { title: "WAITING", cell: (gate) => String(gate.waiting), align: "right" },
  { title: "LAST FAILURE", cell: failureText },
];

/** Gates of one instance. */
export const GATES_BY_AGENT: readonly Column<GateDocument>[] = [{ title: "AGENT", cell: (gate) => gate.agent }, ...COLUMNS];

/** Gates of one agent. */
export const GATES_BY_INSTANCE: readonly Column<GateDocument>[] = [{ title: "INSTANCE", cell: (gate) => gate.instance }, ...COLUMNS];

function circuitText({ circuit, until }: GateDocument): string {
  return until === undefined ? circuit : `${circuit} until ${until}`;
}

function pauseText({ pausedUntil }: GateDocument): string {
  return pausedUntil === undefined || Date.parse(pausedUntil) < Date.now() ? "" : `until ${pausedUntil}`;
}

function failureText({ lastFailure }: GateDocument): string {
  return lastFailure === undefined ? "" : `${formatAge(lastFailure.at)}: ${lastFailure.code}: ${lastFailure.message}`;
}
