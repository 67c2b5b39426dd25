import type { TraceDocument, TraceLegDocument } from "../documents/trace.ts";
import { printable } from "../output/printable.ts";
import { listed } from "./words.ts";

/** Why an image is not everywhere, a sentence a leg; nothing of legs on which both sides are equal. */
export function traceSentences({ status }: TraceDocument): string[] {
  const legs = status.legs.map(legSentence).filter((sentence) => sentence !== undefined);
  const failures = status.places.flatMap(({ instance, failure }) =>
    failure === undefined ? [] : [`${instance} could not be asked: ${failure.message}. ${failure.hint} (${failure.code})`],
  );
  const unasked = status.unasked.length === 0 ? [] : [`Could not be asked either: ${listed(status.unasked)}.`];
  const cut = status.cut ? ["There are more places than these; ask at one instance: transship trace INSTANCE/IMAGE."] : [];
  return [...legs, ...new Set(failures), ...unasked, ...cut].map(printable);
}

function legSentence({ rule, from, to, state, explanation = "", failure }: TraceLegDocument): string | undefined {
  const hint = failure === undefined || failure.hint === "" ? "" : ` ${failure.hint}`;
  switch (state) {
    case "missing":
      return `${to} is missing, which ${rule} should bring from ${from}: ${explanation}.${hint}`;
    case "different":
      return `${to} is not what ${from} is, from where ${rule} brings it: ${explanation}.${hint}`;
    case "not-selected":
      return `${rule} does not bring ${from} to ${to}: ${explanation}.`;
    case "disabled":
      return `${rule} would bring ${from} to ${to}: ${explanation}.`;
    case "nothing":
      return `${rule} has nothing to bring to ${to}: ${explanation}.`;
    case "unknown":
      return `Whether ${to} is what ${from} is, is not known: ${explanation}.`;
    default:
      return undefined;
  }
}
