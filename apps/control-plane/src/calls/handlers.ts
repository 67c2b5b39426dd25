import { once } from "node:events";
import type { handleServerStreamingCall, handleUnaryCall, ServerWritableStream } from "@grpc/grpc-js";
import { toServiceError } from "@transship/api";
import { asTransshipError, TransshipError } from "@transship/errors";
import type { Logger } from "pino";
import { callerOf } from "../access/callers.ts";

/** Turns functions into handlers, so that a service only says request → answer. */
export interface Handlers {
  /** `who` made the call, for logs. */
  unary<Request, Answer>(answer: (request: Request, who: string) => Promise<Answer>): handleUnaryCall<Request, Answer>;
  /** `signal` aborts when the caller is gone or the control plane stops; what is yielded after a stop is still sent. */
  streaming<Request, Answer>(
    answers: (request: Request, signal: AbortSignal) => AsyncIterable<Answer>,
  ): handleServerStreamingCall<Request, Answer>;
}

/** Handlers whose unexpected errors go to `log` and whose streams end when `stopping` aborts. */
export function createHandlers(log: Logger, stopping: AbortSignal): Handlers {
  const explain = (thrown: unknown) => {
    const error = asTransshipError(thrown, "answering the call");
    if (error.code === "INTERNAL") log.error({ err: error.cause ?? error }, "a call failed unexpectedly");
    return toServiceError(error);
  };
  return {
    unary: (answer) => (call, callback) => {
      answer(call.request, callerOf(call.metadata)?.who ?? "anyone").then(
        (value) => callback(null, value),
        (thrown: unknown) => callback(explain(thrown)),
      );
    },
    streaming: (answers) => (call) => {
      pump(call, answers, stopping).catch((thrown: unknown) => {
        if (!call.cancelled) call.emit("error", explain(stopping.aborted ? stoppingError() : thrown));
      });
    },
  };
}

/** What open streams end with at a stop: a status that makes clients connect again. */
export function stoppingError(): TransshipError {
  return new TransshipError("CONTROL_PLANE_UNREACHABLE", {
    what: "this call",
    why: "the control plane is stopping",
    hint: "Connect again.",
  });
}

async function pump<Request, Answer>(
  call: ServerWritableStream<Request, Answer>,
  answers: (request: Request, signal: AbortSignal) => AsyncIterable<Answer>,
  stopping: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  call.on("cancelled", () => gone.abort());
  const signal = AbortSignal.any([gone.signal, stopping]);
  for await (const answer of answers(call.request, signal)) {
    gone.signal.throwIfAborted();
    if (!call.write(answer)) await once(call, "drain", { signal });
  }
  signal.throwIfAborted();
  call.end();
}
