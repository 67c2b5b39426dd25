import { type Metadata, ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";
import type { Logger } from "pino";
import { callerOf } from "../access/callers.ts";

/** Writes one line a call when it ends: method, status, milliseconds, who. Never what was in it. */
export function logCalls(log: Logger): ServerInterceptor {
  return (method, call) => {
    const begin = performance.now();
    const quiet = method.path.startsWith("/grpc.health.");
    let metadata: Metadata | undefined;
    let ended = false;
    const end = (code: status, details: string | undefined) => {
      if (ended) return;
      ended = true;
      const who = metadata && callerOf(metadata)?.who;
      const line = { rpc: method.path, code: status[code], ms: Math.round(performance.now() - begin), who: who ?? "nobody" };
      if (quiet && code === status.OK) log.debug(line, "call");
      else log.info(code === status.OK ? line : { ...line, details }, "call");
    };
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (received, pass) => {
            metadata = received;
            pass(received);
          },
          onCancel: () => end(status.CANCELLED, undefined),
        }),
      sendStatus: (sent, pass) => {
        end(sent.code ?? status.UNKNOWN, sent.details ?? undefined);
        pass(sent);
      },
    });
  };
}
