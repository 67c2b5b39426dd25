import type { Call, CommandRow } from "./command.ts";
import { contextValues } from "./contexts/context-values.ts";
import { processEnvironment } from "./environment.ts";
import { watchSignals } from "./interruption.ts";
import { reportError, wantsJson } from "./report-error.ts";
import { Settings } from "./settings.ts";

/** Resolves the options of a row, runs it, and turns what it throws into a message and an exit code. */
export async function runCommand(
  row: CommandRow,
  args: readonly (string | undefined)[],
  flags: Readonly<Record<string, unknown>>,
  argv: readonly string[],
): Promise<number> {
  const streams = { in: process.stdin, out: process.stdout, err: process.stderr };
  using interruption = watchSignals();
  try {
    const environment = processEnvironment;
    const context = await contextValues(row.options ?? [], flags, environment);
    const settings = new Settings(row.options ?? [], { flags, environment, context });
    const call: Call = { words: row.words.split(" "), args, settings, environment, streams, signal: interruption.signal };
    const { run } = await row.load();
    return (await run(call)) ?? 0;
  } catch (thrown) {
    return reportError(causeOf(thrown, interruption.signal), wantsJson(argv));
  }
}

/** Timers and streams of Node that a signal ends throw an AbortError of their own: what counts is why the signal was aborted. */
function causeOf(thrown: unknown, signal: AbortSignal): unknown {
  return signal.aborted && thrown instanceof Error && thrown.name === "AbortError" ? signal.reason : thrown;
}
