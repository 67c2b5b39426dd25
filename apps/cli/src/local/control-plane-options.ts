import type { ControlPlaneOptions } from "@transship/control-plane";
import type { Call } from "../command.ts";
import type { Settings } from "../settings.ts";
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
    history: historyOf(settings),
    logger: processLogger(call, "control-plane"),
  };
}

/** Both have defaults; without one the control plane's own hold, so that nothing is ever swept because a number was missing. */
function historyOf(settings: Settings): ControlPlaneOptions["history"] {
  const executions = settings.number("keep-executions");
  const days = settings.number("keep-days");
  return executions === undefined || days === undefined ? undefined : { executions, days };
}
