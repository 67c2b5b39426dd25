import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { nameOf } from "../../nouns/name-of.ts";

/** `agent drain NAME [--now]`. */
export async function run(call: Call): Promise<void> {
  const name = nameOf(call.args[0] ?? "", "agent");
  using controlPlane = await openControlPlane(call);
  const { agents } = controlPlane.services;
  const agent = await controlPlane.ask(agents.drainAgent.bind(agents), { name, now: call.settings.flag("now") });
  call.streams.err.write(`agent ${name} drains; tasks that it still has: ${agent.running}\n`);
}
