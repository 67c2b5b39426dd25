import { startAgent } from "@transship/agent";
import { isLoopback } from "@transship/api";
import type { Call } from "../command.ts";
import { readSetting } from "../connection/server-access.ts";
import { agentPlace } from "./agent-options.ts";
import { processLogger } from "./process-logger.ts";
import { untilStopped } from "./until-stopped.ts";

/** `agent start`: works until interrupted, then finishes what it has. */
export async function run(call: Call): Promise<void> {
  const { settings } = call;
  const address = settings.required("control-plane");
  const [ca, token] = await Promise.all([readSetting(settings, "tls-ca"), readSetting(settings, "token-file")]);
  // As the CLI does: TLS, unless there is nothing to check a server with and the server is on this machine.
  const insecure = settings.flag("insecure") || (isLoopback(address) && ca === undefined && token === undefined);
  const place = agentPlace(call);
  await using agent = await startAgent({
    ...place,
    server: { address, ca, token: token?.trim(), insecure },
    dataDirectory: settings.required("data-dir"),
    logger: processLogger(call, "agent"),
    onReady: () => call.streams.err.write(`ready agent ${place.name} control-plane=${address}\n`),
  });
  await Promise.race([untilStopped(call.signal), agent.finished]);
  await agent.drain();
}
