import { EXECUTION_TRANSITIONS, isFinal } from "@transship/model";
import { printable } from "../output/printable.ts";
import { colourState } from "../output/table.ts";
import { fitEnd, fitMiddle } from "./fit-width.ts";
import { Meter } from "./meter.ts";
import { type Pace, progressBar, progressFacts, progressLine, type Snapshot } from "./progress-text.ts";

/** Shows how far something is, on stderr, until disposed of. */
export interface Progress extends Disposable {
  /** Final states are left to whoever tells the outcome. */
  update(now: Snapshot): void;
  /** A line that stays, above the progress. */
  note(line: string): void;
}

const PLAIN_INTERVAL_MS = 5000;
const REDRAW_INTERVAL_MS = 100;

/** A block that is redrawn on a terminal; elsewhere a line at each change of phase, and at most every five seconds. */
export function showProgress(stream: NodeJS.WriteStream, label: string, clock: () => number = () => performance.now()): Progress {
  return stream.isTTY ? terminalProgress(stream, label, clock) : plainProgress(stream, label, clock);
}

function plainProgress(stream: NodeJS.WritableStream, label: string, clock: () => number): Progress {
  const meter = new Meter();
  let state: string | undefined;
  let printed = "";
  let printedAt = Number.NEGATIVE_INFINITY;
  return {
    update(now) {
      if (isFinal(EXECUTION_TRANSITIONS, now.state)) return;
      const at = clock();
      meter.add(now, at);
      if (now.state === state && at - printedAt < PLAIN_INTERVAL_MS) return;
      const line = progressLine(label, now, meter.pace(now));
      if (line === printed) return;
      [state, printed, printedAt] = [now.state, line, at];
      stream.write(`${printable(line)}\n`);
    },
    note: (line) => void stream.write(`${printable(line)}\n`),
    [Symbol.dispose]: () => undefined,
  };
}

function terminalProgress(stream: NodeJS.WriteStream, label: string, clock: () => number): Progress {
  const meter = new Meter();
  let drawn = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let newest: Snapshot | undefined;
  const erase = () => {
    if (drawn > 0) stream.write(`\u001b[${drawn}F\u001b[0J`);
    drawn = 0;
  };
  const draw = () => {
    if (newest === undefined) return;
    const lines = blockOf(label, newest, meter.pace(newest), stream);
    erase();
    stream.write(`${lines.join("\n")}\n`);
    drawn = lines.length;
    drawnAt = clock();
  };
  return {
    update(now) {
      if (isFinal(EXECUTION_TRANSITIONS, now.state)) return;
      const changed = now.state !== newest?.state;
      newest = now;
      meter.add(now, clock());
      if (changed || clock() - drawnAt >= REDRAW_INTERVAL_MS) draw();
    },
    note(line) {
      erase();
      stream.write(`${printable(line)}\n`);
      draw();
    },
    [Symbol.dispose]: erase,
  };
}

/** What is redrawn: label and facts, on one line where they fit, and a bar. No line is as wide as the terminal, where some would wrap it. */
function blockOf(label: string, now: Snapshot, pace: Pace, stream: NodeJS.WriteStream): string[] {
  // A pseudo-terminal may say 0 columns.
  const width = Math.max(20, (stream.columns || 80) - 1);
  const name = `${printable(label)}: `;
  const facts = printable(progressFacts(now, pace));
  const coloured = (text: string) => colourState(now.state, stream) + text.slice(now.state.length);
  const bar = progressBar(now, Math.min(60, width - 10));
  const fits = fitEnd(name + facts, width) === name + facts;
  const head = fits ? [name + coloured(facts)] : [fitMiddle(name.trimEnd(), width), coloured(fitEnd(facts, width))];
  return [...head, ...(bar === "" ? [] : [bar])];
}
