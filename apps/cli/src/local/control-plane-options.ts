import type { ControlPlaneOptions } from "@transship/control-plane";
import type { Call } from "../command.ts";
import { listenAddress } from "./listen-address.ts";
import { processLogger } from "./process-logger.ts";

/** What `control-plane start` and `up` have in common. */
export function controlPlaneOptions(call: Call): ControlPlaneOptions {
  const { settings } = call;
  return {
    store: { directory: settings.required("data-dir") },
    grpc: listenAddress(settings, "grpc"),
    http: listenAddress(settings, "http"),
    leaseMs: settings.number("lease"),
    history: { executions: settings.number("keep-executions") ?? 0, days: settings.number("keep-days") ?? 0 },
    logger: processLogger(call, "control-plane"),
  };
}
