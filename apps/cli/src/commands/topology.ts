import type { Call } from "../command.ts";
import { type ControlPlane, openControlPlane } from "../connection/control-plane.ts";
import { type TopologyDocument, topologyDocument } from "../documents/topology.ts";
import { instances } from "../nouns/instance.ts";
import type { Noun } from "../nouns/noun.ts";
import { replications } from "../nouns/replication.ts";
import { rules } from "../nouns/rule.ts";
import { drawTopology } from "../output/draw-topology.ts";
import { printDocument } from "../output/print.ts";
import { watchChanges } from "../output/watch.ts";

/** `topology [--watch] [--legend]`: what is connected with what, and how it does. */
export async function run(call: Call): Promise<void> {
  using controlPlane = await openControlPlane(call);
  const noun = topologyNoun(call);
  const look = async () => [await noun.get(controlPlane, "")];
  // One that can change for ever: watching it ends with an interrupt.
  if (call.settings.flag("watch")) return await watchChanges(call, noun as unknown as Noun, look, false);
  await printDocument(call, await noun.get(controlPlane, ""), noun);
}

/** The whole topology as the one item of its kind. */
function topologyNoun(call: Call): Noun<TopologyDocument> {
  const legend = call.settings.flag("legend");
  return {
    noun: "topology",
    name: () => "topology",
    columns: [],
    draw: (items, stream) => items.map((item) => drawTopology(item, { legend, stream, now: Date.now() })).join(""),
    async *list(controlPlane) {
      yield await readTopology(controlPlane, call);
    },
    get: (controlPlane) => readTopology(controlPlane, call),
  };
}

async function readTopology(controlPlane: ControlPlane, { settings }: Call): Promise<TopologyDocument> {
  const [known, arrows, trees] = await Promise.all([
    Array.fromAsync(instances.list(controlPlane, settings)),
    Array.fromAsync(rules.list(controlPlane, settings)),
    Array.fromAsync(replications.list(controlPlane, settings)),
  ]);
  return topologyDocument(known, arrows, trees);
}
