import { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { Handlers } from "../calls/handlers.ts";
import { WakeUp } from "../wake-up.ts";

const { SERVING, NOT_SERVING, SERVICE_UNKNOWN } = wire.HealthCheckResponse_ServingStatus;

/** The gRPC health protocol (grpc.health.v1): serving until `stopping` aborts. `names` are the full names of the services; the empty one is the whole server. */
export function healthService({ unary, streaming }: Handlers, names: readonly string[], stopping: AbortSignal): wire.HealthServer {
  const statusOf = (service: string) => {
    if (service !== "" && !names.includes(service)) return undefined;
    return stopping.aborted ? NOT_SERVING : SERVING;
  };
  return {
    check: unary(async ({ service }) => {
      const status = statusOf(service);
      if (status !== undefined) return { status };
      throw new TransshipError("NOT_FOUND", { what: `service ${service}`, why: "it is not served here" });
    }),
    watch: streaming(async function* ({ service }, signal) {
      yield { status: statusOf(service) ?? SERVICE_UNKNOWN };
      await new WakeUp().sleep(undefined, signal);
      if (stopping.aborted && statusOf(service) !== undefined) yield { status: NOT_SERVING };
    }),
  };
}
