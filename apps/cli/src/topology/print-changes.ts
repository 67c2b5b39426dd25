import type { Call } from "../command.ts";
import { printValue } from "../output/print.ts";
import { printable } from "../output/printable.ts";
import type { Change } from "./submit.ts";

const SIGNS = { created: "+", configured: "~", unchanged: "=", deleted: "-" } as const satisfies Record<Change["outcome"], string>;

/** Prints what became, or would become, of each document. */
export async function printChanges(call: Call, changes: readonly Change[], dryRun: boolean): Promise<void> {
  const format = call.settings.required("output");
  if (await printValue(call, { apiVersion: "transship/v1", kind: "Changes", metadata: {}, status: { dryRun, items: changes } })) return;
  const { out } = call.streams;
  for (const change of changes) {
    const name = `${change.kind.toLowerCase()}/${change.name}`;
    if (format === "name") out.write(`${name}\n`);
    else
      out.write(
        `${SIGNS[change.outcome]} ${name} ${change.outcome}${dryRun ? " (dry run)" : ""}\n${change.fields.map(fieldLine).join("")}`,
      );
  }
}

function fieldLine({ path, before, after }: Change["fields"][number]): string {
  return `    ${printable(`${path}: ${valueText(before)} → ${valueText(after)}`)}\n`;
}

function valueText(value: unknown): string {
  return value === null ? "(absent)" : JSON.stringify(value);
}
