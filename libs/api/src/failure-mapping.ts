import { type ErrorFacts, isErrorCode, type Side, TransshipError } from "@transship/errors";
import type { Failure } from "@transship/model";
import { type Failure as FailureMessage, Side as SideMessage } from "./gen/transship/v1/failure.ts";

/** An error as the message that travels. Holds no cause and no stack. */
export function failureToMessage(error: TransshipError): FailureMessage {
  return {
    code: error.code,
    side: sideToMessage(error.side),
    message: error.message,
    hint: error.hint,
    tried: error.tried ?? "",
  };
}

/** A failure that came over the wire, as an error that can be thrown. Unknown codes (of a newer peer) become `INTERNAL` and keep their text. */
export function failureToError(message: FailureMessage, facts: Partial<ErrorFacts> = {}): TransshipError {
  const [what, why] = splitMessage(message.message);
  return new TransshipError(isErrorCode(message.code) ? message.code : "INTERNAL", {
    what,
    why: isErrorCode(message.code) ? why : `${why} (${message.code})`,
    hint: message.hint === "" ? undefined : message.hint,
    tried: message.tried === "" ? undefined : message.tried,
    side: sideFromMessage(message.side),
    ...facts,
  });
}

/** A failure as the model stores it. */
export function failureFromMessage(message: FailureMessage): Failure {
  const error = failureToError(message);
  const { code, side, hint, tried } = error;
  return { code, side, message: message.message, hint, ...(tried === undefined ? {} : { tried }) };
}

/** A stored failure as the message that travels. */
export function storedFailureToMessage(failure: Failure): FailureMessage {
  return {
    code: failure.code,
    side: sideToMessage(failure.side),
    message: failure.message,
    hint: failure.hint,
    tried: failure.tried ?? "",
  };
}

function sideToMessage(side: Side | undefined): SideMessage {
  if (side === undefined) return SideMessage.UNSPECIFIED;
  return side === "source" ? SideMessage.SOURCE : SideMessage.TARGET;
}

function sideFromMessage(side: SideMessage): Side | undefined {
  if (side === SideMessage.SOURCE) return "source";
  return side === SideMessage.TARGET ? "target" : undefined;
}

/** `what: why` back into its halves; a message without a colon is all "what". */
function splitMessage(message: string): [what: string, why: string] {
  const at = message.indexOf(": ");
  return at < 0 ? ["the other side", message] : [message.slice(0, at), message.slice(at + 2)];
}
