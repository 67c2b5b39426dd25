import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import { toServiceError } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { type Door, identify, rememberCaller } from "../access/callers.ts";
import { allows, rowFor } from "../access/policy.ts";

/** Lets only those calls through that the policy table allows their caller, before any message is read. */
export function authorizeCalls(door: Door): ServerInterceptor {
  return (method, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            admit(door, method.path, metadata).then(
              () => pass(metadata),
              (thrown: unknown) => call.sendStatus(toServiceError(thrown)),
            );
          },
        }),
    });
}

async function admit(door: Door, path: string, metadata: Metadata): Promise<void> {
  const row = rowFor(path);
  const caller = await identify(door, metadata);
  if (caller !== undefined) rememberCaller(metadata, caller);
  if (row !== undefined && allows(row, caller?.roles)) return;
  if (caller === undefined) {
    throw new TransshipError("UNAUTHENTICATED", { what: `calling ${path}`, why: "the call carries no token" });
  }
  throw new TransshipError("NOT_ALLOWED", { what: `calling ${path}`, why: `${caller.who} may not` });
}
