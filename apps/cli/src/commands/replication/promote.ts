import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { nameOf } from "../../nouns/name-of.ts";

/** Comparing a whole registry takes as long as listing it, so many milliseconds at most. */
const PATIENCE_MS = 3_600_000;

/** `replication promote NAME INSTANCE [--force]`. */
export async function run(call: Call): Promise<void> {
  const name = nameOf(call.args[0] ?? "", "replication");
  const replica = nameOf(call.args[1] ?? "", "instance");
  const force = call.settings.flag("force");
  using controlPlane = await openControlPlane(call);
  const { replications } = controlPlane.services;
  const { compared, replication } = await controlPlane.ask(
    replications.promoteReplica.bind(replications),
    { name, replica, force },
    PATIENCE_MS,
  );
  const edges = replication?.resource?.spec?.edges.map(({ from, to }) => `{from: ${from}, to: ${to}}`).join(", ") ?? "";
  const found = force ? "what it lacks was not looked at" : `it has all ${compared} tags of the primary before`;
  call.streams.err.write(
    `${replica} is the primary of ${name} now: ${found}. Change its document before it is applied again:\n  primary: ${replica}\n  edges: [${edges}]\n`,
  );
}
