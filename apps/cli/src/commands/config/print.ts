import type { Call, OptionRow } from "../../command.ts";
import { environmentName, optionName } from "../../command.ts";
import { COMMANDS } from "../../command-table.ts";
import { contextFilePath, readContexts } from "../../contexts/context-file.ts";
import { nameOf } from "../../nouns/name-of.ts";
import { printList } from "../../output/print.ts";
import { type Setting, Settings } from "../../settings.ts";

/** `config print`: every option of every command, what it would be now, and who says so. */
export async function run(call: Call): Promise<void> {
  const own = new Map(call.settings.all().map((setting) => [optionName(setting.option), setting]));
  const others = COMMANDS.flatMap((row) => (row.options ?? []).map((option) => ({ option, words: row.words })));
  const names = [...new Set(others.map(({ option }) => optionName(option)))];
  const named = call.settings.text("context");
  const context = named === undefined ? (await readContexts(contextFilePath(call.environment))).current : nameOf(named, "context");
  const documents = names.map((name) => {
    const rows = others.filter(({ option }) => optionName(option) === name);
    const first = rows[0]?.option;
    const setting = own.get(name) ?? (first === undefined ? undefined : resolveAlone(first, call));
    const commands = rows.map(({ words }) => words);
    return {
      apiVersion: "transship/v1" as const,
      kind: "Setting",
      metadata: { name },
      spec: { variable: environmentName({ flags: `--${name}` }), commands },
      status: { value: setting?.value ?? null, origin: originText(setting, context) },
    };
  });
  await printList(call, documents, {
    noun: "setting",
    name: (setting) => setting.metadata.name,
    columns: [
      { title: "FLAG", cell: (setting) => `--${setting.metadata.name}` },
      { title: "VARIABLE", cell: (setting) => setting.spec.variable },
      { title: "VALUE", cell: (setting) => String(setting.status.value ?? "") },
      { title: "FROM", cell: (setting) => setting.status.origin },
      { title: "COMMANDS", cell: (setting) => setting.spec.commands.join(", "), wide: true },
    ],
  });
}

/** An option of another command: only variables and its default can say something about it here. */
function resolveAlone(option: OptionRow, call: Call): Setting | undefined {
  const optional = { ...option, required: false };
  return new Settings([optional], { flags: {}, environment: call.environment, context: {} }).all()[0];
}

function originText(setting: Setting | undefined, context: string | undefined): string {
  if (setting === undefined) return "not set";
  if (setting.origin === "environment") return `environment ${environmentName(setting.option)}`;
  if (setting.origin === "context") return `context ${context ?? ""}`;
  return setting.origin;
}
