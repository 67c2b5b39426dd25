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
  const look = async (most: number) =>
    name === undefined ? await first(noun.list(controlPlane, call.settings), most) : [await noun.get(controlPlane, name)];
  if (call.settings.flag("watch")) return await watchChanges(call, noun, look, name !== undefined);
  const found = await look(Number.POSITIVE_INFINITY);
  const [only] = found;
  if (name !== undefined && only !== undefined) await printDocument(call, only, noun);
  else await printList(call, found, noun);
}

/** The first so many, without asking for pages after them. */
async function first<T>(items: AsyncIterable<T>, most: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length >= most) break;
  }
  return taken;
}
