import type { Call } from "../command.ts";
import { openControlPlane } from "../connection/control-plane.ts";
import { nameOf } from "../nouns/name-of.ts";
import { nounOf } from "../nouns/noun-of.ts";
import { describeValue } from "../output/describe.ts";

/** `<noun> describe [NAME]`: everything about one item, or about each; in sentences first, where the noun has them. */
export async function run(call: Call): Promise<void> {
  const noun = nounOf(call.words[0]);
  const name = call.args[0] === undefined ? undefined : nameOf(call.args[0], noun.noun);
  using controlPlane = await openControlPlane(call);
  const items = name === undefined ? await Array.fromAsync(noun.list(controlPlane, call.settings)) : [await noun.get(controlPlane, name)];
  for (const [index, item] of items.entries()) {
    if (index > 0) call.streams.out.write("\n");
    const sentences = noun.tell?.(item, new Date()) ?? [];
    if (sentences.length > 0) call.streams.out.write(`${sentences.join("\n")}\n\n`);
    const { apiVersion: _apiVersion, ...document } = noun.brief?.(item) ?? item;
    call.streams.out.write(describeValue(document));
    for await (const block of noun.related?.(controlPlane, item) ?? []) call.streams.out.write(`\n${block.title}:\n${block.text}`);
  }
}
