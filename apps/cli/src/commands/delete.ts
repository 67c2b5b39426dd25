import { TransshipError } from "@transship/errors";
import { RESOURCE_KINDS } from "@transship/model";
import type { Call } from "../command.ts";
import { openControlPlane } from "../connection/control-plane.ts";
import { nameOf } from "../nouns/name-of.ts";

/** `delete KIND NAME`. */
export async function run(call: Call): Promise<void> {
  const kind = kindOf(call.args[0] ?? "");
  const name = nameOf(call.args[1] ?? "", kind.toLowerCase());
  using controlPlane = await openControlPlane(call);
  const { topology } = controlPlane.services;
  await controlPlane.ask(topology.apply.bind(topology), { resources: [], deletes: [{ kind, name }], prune: false, dryRun: false });
  const what =
    kind === "Agent"
      ? `the document of agent ${name} is deleted; to shut the agent out, use \`transship agent revoke\``
      : `${kind.toLowerCase()} ${name} is deleted`;
  call.streams.err.write(`${what}\n`);
}

/** `rule`, `rules`, `Rule` → `Rule`. */
function kindOf(text: string): string {
  const word = text.toLowerCase();
  const kind = RESOURCE_KINDS.find((known) => word === known.toLowerCase() || word === `${known.toLowerCase()}s`);
  if (kind !== undefined) return kind;
  throw new TransshipError("INVALID_ARGUMENT", {
    what: `kind ${text}`,
    why: `must be one of: ${RESOURCE_KINDS.map((known) => known.toLowerCase()).join(", ")}`,
  });
}
