import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { nameOf } from "../../nouns/name-of.ts";

/** `agent token create --name N`: the token alone on stdout, ready to be written to a file. */
export async function run(call: Call): Promise<void> {
  using controlPlane = await openControlPlane(call);
  const { agents } = controlPlane.services;
  const ttlSeconds = Math.ceil((call.settings.number("ttl") ?? 0) / 1000);
  const request = { agent: nameOf(call.settings.required("name"), "agent"), ttlSeconds };
  const { token } = await controlPlane.ask(agents.createAgentToken.bind(agents), request);
  call.streams.out.write(`${token}\n`);
}
