import packageJson from "../../package.json" with { type: "json" };
import type { Call } from "../command.ts";
import { openControlPlane } from "../connection/control-plane.ts";
import { printValue } from "../output/print.ts";

/** `version`: the CLI's, and the control plane's where a flag, variable or context chooses one. */
export async function run(call: Call): Promise<void> {
  const client = packageJson.version;
  const chosen = call.settings.origin("server") !== "default";
  const server = chosen ? await serverVersion(call) : undefined;
  const status = { client, node: process.versions.node, ...(server === undefined ? {} : { server }) };
  if (await printValue(call, { apiVersion: "transship/v1", kind: "Version", metadata: {}, status })) return;
  call.streams.out.write(`transship ${client} (Node ${process.versions.node})\n`);
  if (server !== undefined) call.streams.out.write(`control plane ${server} at ${call.settings.required("server")}\n`);
}

async function serverVersion(call: Call): Promise<string> {
  using controlPlane = await openControlPlane(call);
  const { server } = controlPlane.services;
  return (await controlPlane.ask(server.getServerInfo.bind(server), {})).version;
}
