import type { Call } from "../command.ts";
import type { Document } from "../documents/document.ts";
import { type Column, formatTable, type TableStyle } from "./table.ts";

/** How documents of a kind are shown in tables and by name. */
export interface View<D> {
  readonly columns: readonly Column<D>[];
  /** What identifies a document: its name or id. */
  readonly name: (document: D) => string;
  /** The word before the name in `-o name`. */
  readonly noun: string;
  /** Items as something else than a table. Each line is cut where a terminal is narrower. */
  readonly draw?: (items: readonly D[], stream: NodeJS.WriteStream | undefined) => string;
}

/** Prints one document as `-o` asks. */
export async function printDocument<D extends Document>(call: Call, document: D, view: View<D>): Promise<void> {
  const format = call.settings.required("output");
  if (format === "json") call.streams.out.write(`${JSON.stringify(document, null, 2)}\n`);
  else if (format === "yaml") call.streams.out.write(await toYaml(document));
  else printRows(call, [document], view);
}

/** Prints documents as `-o` asks: a `List` with `items` in JSON and YAML. */
export async function printList<D extends Document>(call: Call, documents: readonly D[], view: View<D>): Promise<void> {
  const format = call.settings.required("output");
  const list = { apiVersion: "transship/v1", kind: "List", items: documents };
  if (format === "json") call.streams.out.write(`${JSON.stringify(list, null, 2)}\n`);
  else if (format === "yaml") call.streams.out.write(await toYaml(list));
  else if (documents.length > 0) printRows(call, documents, view);
  else if (format !== "name") call.streams.err.write(`no ${view.noun}s\n`);
}

/** Prints any value as JSON or YAML; false where `-o` asks for neither. */
export async function printValue(call: Call, value: unknown): Promise<boolean> {
  const format = call.settings.required("output");
  if (format === "json") call.streams.out.write(`${JSON.stringify(value, null, 2)}\n`);
  else if (format === "yaml") call.streams.out.write(await toYaml(value));
  else return false;
  return true;
}

function printRows<D>(call: Call, documents: readonly D[], view: View<D>): void {
  const format = call.settings.required("output");
  if (format === "name") call.streams.out.write(documents.map((document) => `${view.noun}/${view.name(document)}\n`).join(""));
  else call.streams.out.write(rowsText(documents, view, { wide: format === "wide", stream: call.streams.out }));
}

/** Items as a view shows them to people: a table, or what it draws. */
export function rowsText<D>(documents: readonly D[], view: View<D>, style: TableStyle & { readonly stream?: NodeJS.WriteStream }): string {
  return view.draw?.(documents, style.stream) ?? formatTable(documents, view.columns, style);
}

async function toYaml(value: unknown): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(value, { aliasDuplicateObjects: false });
}
