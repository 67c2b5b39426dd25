import type { AuthOptions } from "../auth/auth-options.ts";
import { challenge } from "../auth/authorize.ts";
import { readBearer } from "../auth/token-desk.ts";
import type { Exchange, RegistryState } from "../exchange.ts";
import { bytesReply, type Reply, refuse } from "../reply.ts";
import type { ArmedFaults } from "./fault-plan.ts";

/** The answer of faults that answer instead of the registry, if one waits in this request. */
export function refuseByFault(state: RegistryState, auth: AuthOptions, exchange: Exchange): Reply | undefined {
  const { faults } = exchange;
  return status(faults) ?? tooManyRequests(faults) ?? expiredToken(state, auth, exchange) ?? readOnly(faults);
}

function status(faults: ArmedFaults): Reply | undefined {
  const fault = faults.of("status");
  if (fault === undefined) return undefined;
  fault.fire();
  const { status: code, html, retryAfter } = fault.action;
  const headers: Record<string, string> = retryAfter === undefined ? {} : { "retry-after": retryAfter };
  if (html !== true) return refuse("UNKNOWN", "by fault", { status: code, headers });
  const page = `<html><head><title>${code}</title></head><body><center><h1>${code}</h1></center><hr>proxy</body></html>`;
  return bytesReply(code, Buffer.from(page), { "content-type": "text/html", ...headers });
}

function tooManyRequests(faults: ArmedFaults): Reply | undefined {
  const fault = faults.of("too-many-requests");
  if (fault === undefined) return undefined;
  fault.fire();
  const { retryAfter } = fault.action;
  return refuse("TOOMANYREQUESTS", null, { headers: retryAfter === undefined ? {} : { "retry-after": retryAfter } });
}

function expiredToken(state: RegistryState, auth: AuthOptions, { faults, request, route }: Exchange): Reply | undefined {
  const fault = faults.of("expired-token");
  if (fault === undefined) return undefined;
  fault.fire();
  state.tokens.revoke(readBearer(request.headers.authorization) ?? "");
  return challenge(state, auth, route, "invalid_token");
}

function readOnly(faults: ArmedFaults): Reply | undefined {
  const fault = faults.of("read-only");
  if (fault === undefined) return undefined;
  fault.fire();
  return refuse("DENIED", "the registry is read-only");
}
