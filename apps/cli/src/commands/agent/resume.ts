import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { nameOf } from "../../nouns/name-of.ts";

/** `agent resume NAME`. */
export async function run(call: Call): Promise<void> {
  const name = nameOf(call.args[0] ?? "", "agent");
  using controlPlane = await openControlPlane(call);
  const { agents } = controlPlane.services;
  await controlPlane.ask(agents.resumeAgent.bind(agents), { name });
  call.streams.err.write(`agent ${name} gets new tasks again\n`);
}
