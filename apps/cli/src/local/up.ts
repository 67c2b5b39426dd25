import { join } from "node:path";
import { startAgent } from "@transship/agent";
import { startControlPlane } from "@transship/control-plane";
import type { Call } from "../command.ts";
import { agentPlace } from "./agent-options.ts";
import { controlPlaneOptions } from "./control-plane-options.ts";
import { processLogger } from "./process-logger.ts";
import { untilStopped } from "./until-stopped.ts";

/** `up`: a control plane and one agent in this process, on loopback without login. */
export async function run(call: Call): Promise<void> {
  const dataDirectory = call.settings.required("data-dir");
  const options = controlPlaneOptions(call);
  await using controlPlane = await startControlPlane({
    ...options,
    store: { directory: join(dataDirectory, "control-plane") },
    insecure: true,
  });
  const ready = Promise.withResolvers<void>();
  await using agent = await startAgent({
    ...agentPlace(call),
    server: { address: controlPlane.grpcAddress, insecure: true },
    dataDirectory: join(dataDirectory, "agent"),
    logger: processLogger(call, "agent"),
    onReady: ready.resolve,
  });
  const stopped = untilStopped(call.signal);
  await Promise.race([ready.promise, stopped]);
  if (!call.signal.aborted) call.streams.err.write(`ready up grpc=${controlPlane.grpcAddress} http=${controlPlane.httpAddress}\n`);
  await stopped;
  await agent.drain();
  await controlPlane.drain();
}
