import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { nameOf } from "../../nouns/name-of.ts";

/** `rule enable NAME` and `rule disable NAME`. */
export async function run(call: Call): Promise<void> {
  const enabled = call.words[1] === "enable";
  const name = nameOf(call.args[0] ?? "", "rule");
  using controlPlane = await openControlPlane(call);
  const { rules } = controlPlane.services;
  await controlPlane.ask(rules.setRuleEnabled.bind(rules), { name, enabled });
  call.streams.err.write(`rule ${name} is ${enabled ? "enabled" : "disabled"}\n`);
}
