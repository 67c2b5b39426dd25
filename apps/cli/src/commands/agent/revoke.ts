import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { nameOf } from "../../nouns/name-of.ts";

/** `agent revoke NAME`. */
export async function run(call: Call): Promise<void> {
  const name = nameOf(call.args[0] ?? "", "agent");
  using controlPlane = await openControlPlane(call);
  const { agents } = controlPlane.services;
  const { running } = await controlPlane.ask(agents.revokeAgent.bind(agents), { name });
  const left = running === 0 ? "" : `; ${running} tasks that it did not give back go to others when their leases end`;
  call.streams.err.write(`agent ${name} is revoked: its tokens are void${left}\n`);
}
