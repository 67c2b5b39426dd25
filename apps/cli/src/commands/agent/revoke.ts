import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";

/** `agent revoke NAME`. */
export async function run(call: Call): Promise<void> {
  const name = call.args[0] ?? "";
  using controlPlane = await openControlPlane(call);
  const { agents } = controlPlane.services;
  await controlPlane.ask(agents.revokeAgent.bind(agents), { name });
  call.streams.err.write(`agent ${name} is revoked: its tokens are void\n`);
}
