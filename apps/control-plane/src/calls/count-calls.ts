import { ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";

/** Counts calls by method and status when they end. */
export function countCalls(count: (method: string, code: string) => void): ServerInterceptor {
  return (method, call) => {
    let ended = false;
    const end = (code: status) => {
      if (!ended) count(method.path, status[code]);
      ended = true;
    };
    return new ServerInterceptingCall(call, {
      start: (next) => next({ onCancel: () => end(status.CANCELLED) }),
      sendStatus: (sent, pass) => {
        end(sent.code ?? status.UNKNOWN);
        pass(sent);
      },
    });
  };
}
