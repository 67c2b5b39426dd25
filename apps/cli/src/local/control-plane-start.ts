import { startControlPlane } from "@transship/control-plane";
import type { Call } from "../command.ts";
import { readKeyPair, readSetting } from "../connection/server-access.ts";
import { controlPlaneOptions } from "./control-plane-options.ts";
import { untilStopped } from "./until-stopped.ts";

/** `control-plane start`: serves until interrupted, then drains. */
export async function run(call: Call): Promise<void> {
  const { settings } = call;
  const [pair, ca] = await Promise.all([readKeyPair(settings), readSetting(settings, "tls-ca")]);
  const tls = pair === undefined ? undefined : { ...pair, ca };
  await using controlPlane = await startControlPlane({ ...controlPlaneOptions(call), tls, insecure: settings.flag("insecure") });
  call.streams.err.write(`ready control-plane grpc=${controlPlane.grpcAddress} http=${controlPlane.httpAddress}\n`);
  await untilStopped(call.signal);
  await controlPlane.drain();
}
