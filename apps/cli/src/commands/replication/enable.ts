import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { nameOf } from "../../nouns/name-of.ts";

/** `replication enable NAME` and `replication disable NAME`. */
export async function run(call: Call): Promise<void> {
  const enabled = call.words[1] === "enable";
  const name = nameOf(call.args[0] ?? "", "replication");
  using controlPlane = await openControlPlane(call);
  const { replications } = controlPlane.services;
  await controlPlane.ask(replications.setReplicationEnabled.bind(replications), { name, enabled });
  call.streams.err.write(`replication ${name} is ${enabled ? "enabled" : "disabled"}\n`);
}
