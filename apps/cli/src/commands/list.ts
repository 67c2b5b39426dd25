import type { Call } from "../command.ts";
import { openControlPlane } from "../connection/control-plane.ts";
import { nameOf } from "../nouns/name-of.ts";
import { nounOf } from "../nouns/noun-of.ts";
import { printDocument, printList } from "../output/print.ts";
import { watchChanges } from "../output/watch.ts";

/** `<noun> list` and `<noun> get [NAME]`. */
export async function run(call: Call): Promise<void> {
  const noun = nounOf(call.words[0]);
  const name = call.args[0] === undefined ? undefined : nameOf(call.args[0], noun.noun);
  using controlPlane = await openControlPlane(call);
  const look = async () =>
    name === undefined ? await Array.fromAsync(noun.list(controlPlane, call.settings)) : [await noun.get(controlPlane, name)];
  if (call.settings.flag("watch")) return await watchChanges(call, noun, look, name !== undefined);
  const found = await look();
  const [only] = found;
  if (name !== undefined && only !== undefined) await printDocument(call, only, noun);
  else await printList(call, found, noun);
}
