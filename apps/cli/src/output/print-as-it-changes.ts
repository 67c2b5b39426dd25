import type { Call } from "../command.ts";
import type { Document } from "../documents/document.ts";
import type { WatchView } from "./draw-in-place.ts";
import { printDocument, printList, rowsText, type View } from "./print.ts";
import type { TableMemory } from "./table.ts";

/** Each item when it appears and when it changes, for pipes and files: lines of one table under one head, JSON a line each, YAML documents, names. */
export function printAsItChanges<D extends Document>(call: Call, view: View<D>): WatchView<D> {
  const { out, err } = call.streams;
  const format = call.settings.required("output");
  const table: TableMemory = { widths: [] };
  const before = new Map<string, string>();
  let looked = false;
  return {
    most: () => Number.POSITIVE_INFINITY,
    async draw(items) {
      if (!looked && items.length === 0 && (format === "table" || format === "wide")) err.write(`no ${view.noun}s\n`);
      looked = true;
      const changed = items.filter((item) => before.get(view.name(item)) !== JSON.stringify(item));
      for (const item of changed) before.set(view.name(item), JSON.stringify(item));
      const there = new Set(items.map(view.name));
      for (const name of before.keys()) {
        if (there.has(name)) continue;
        before.delete(name);
        err.write(`${view.noun}/${name} is gone\n`);
      }
      if (format === "json") for (const item of changed) out.write(`${JSON.stringify(item)}\n`);
      else if (format === "yaml") {
        for (const item of changed) {
          out.write("---\n");
          await printDocument(call, item, view);
        }
      } else if (changed.length > 0 && format === "name") await printList(call, changed, view);
      else if (changed.length > 0) out.write(rowsText(changed, view, { wide: format === "wide", stream: out, memory: table }));
    },
    note: (line) => void err.write(`${line}\n`),
  };
}
