import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "../command.ts";
import type { Document } from "../documents/document.ts";
import type { Noun } from "../nouns/noun.ts";
import { printDocument, printList } from "./print.ts";

const INTERVAL_MS = 2000;

/**
 * Looks again every two seconds until interrupted, or until the one item that is watched can change no more. A terminal shows the newest table in place;
 * elsewhere, and in JSON and YAML, each item is printed when it appears and when it changes.
 */
export async function watchChanges(call: Call, noun: Noun, look: () => Promise<Document[]>, single: boolean): Promise<void> {
  const format = call.settings.required("output");
  const inPlace = call.streams.out.isTTY && (format === "table" || format === "wide");
  const before = new Map<string, string>();
  for (;;) {
    const items = await look();
    const changed = items.filter((item) => before.get(noun.name(item)) !== JSON.stringify(item));
    for (const item of changed) before.set(noun.name(item), JSON.stringify(item));
    if (inPlace) {
      call.streams.out.write("\u001b[H\u001b[2J");
      await printList(call, items, noun);
    } else if (format === "json") {
      for (const item of changed) call.streams.out.write(`${JSON.stringify(item)}\n`);
    } else if (format === "yaml") {
      for (const item of changed) {
        call.streams.out.write("---\n");
        await printDocument(call, item, noun);
      }
    } else if (changed.length > 0) {
      await printList(call, changed, noun);
    }
    if (single && noun.isDone !== undefined && items.every(noun.isDone)) return;
    await sleep(INTERVAL_MS, undefined, { signal: call.signal }).catch(() => call.signal.throwIfAborted());
  }
}
