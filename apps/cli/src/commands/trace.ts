import { EXIT, type ExitCode } from "@transship/errors";
import type { Call } from "../command.ts";
import { openControlPlane } from "../connection/control-plane.ts";
import { type TraceDocument, traceDocument } from "../documents/trace.ts";
import { TRACE_PLACE_COLUMNS } from "../nouns/trace-columns.ts";
import { printValue } from "../output/print.ts";
import { formatTable } from "../output/table.ts";
import { traceSentences } from "../sentences/tell-trace.ts";

/** Every place is asked by the agent nearest to it, which may take its time, in milliseconds. */
const PATIENCE_MS = 600_000;

/** `trace IMAGE`: where it is, since when and by whom, and why not where it should be. */
export async function run(call: Call): Promise<ExitCode> {
  using controlPlane = await openControlPlane(call);
  const { trace } = controlPlane.services;
  const found = traceDocument(await controlPlane.ask(trace.traceImage.bind(trace), { image: call.args[0] ?? "" }, PATIENCE_MS));
  if (!(await printValue(call, found))) printTrace(call, found);
  return exitOf(found);
}

function printTrace(call: Call, found: TraceDocument): void {
  const { out } = call.streams;
  const { places } = found.status;
  if (places.length > 0)
    out.write(formatTable(places, TRACE_PLACE_COLUMNS, { wide: call.settings.text("output") === "wide", stream: out }));
  const sentences = traceSentences(found);
  if (sentences.length > 0) out.write(`${places.length > 0 ? "\n" : ""}${sentences.join("\n")}\n`);
}

/** What could not be asked leaves the answer open; then what is missing or different somewhere; then whether it is anywhere at all. */
function exitOf({ status: { places, unasked } }: TraceDocument): ExitCode {
  const states = new Set(places.map(({ state }) => state));
  if (states.has("unreachable") || unasked.length > 0) return EXIT.unavailable;
  if (states.has("missing") || states.has("different")) return EXIT.differences;
  return states.has("here") ? EXIT.ok : EXIT.notFound;
}
