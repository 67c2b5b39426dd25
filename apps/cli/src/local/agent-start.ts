import { startAgent } from "@transship/agent";
import type { Call } from "../command.ts";
import { serverAccess } from "../connection/server-access.ts";
import { agentPlace } from "./agent-options.ts";
import { processLogger } from "./process-logger.ts";
import { untilStopped } from "./until-stopped.ts";

/** `agent start`: works until interrupted, then finishes what it has. */
export async function run(call: Call): Promise<void> {
  const { settings } = call;
  const address = settings.required("control-plane");
  const access = await serverAccess(settings, address);
  const place = agentPlace(call);
  await using agent = await startAgent({
    ...place,
    server: settings.flag("insecure") ? { ...access, insecure: true } : access,
    namePatienceMs: settings.number("wait-for-name"),
    dataDirectory: settings.required("data-dir"),
    logger: processLogger(call, "agent"),
    onReady: () => call.streams.err.write(`ready agent ${place.name} control-plane=${address}\n`),
  });
  await Promise.race([untilStopped(call.signal), agent.finished]);
  await agent.drain();
}
