import { Command, Option } from "commander";
import type { CommandRow, GroupRow, OptionRow } from "./command.ts";
import { environmentName, optionName } from "./command.ts";
import { LEADING } from "./options.ts";

/** Runs a row: its positional arguments, and the options that were on the command line, by long name. */
export type RunRow = (row: CommandRow, args: (string | undefined)[], flags: Record<string, unknown>) => Promise<void>;

const START = `
Start with:
  transship demo                                # see the main job on this machine
  transship copy SOURCE TARGET                  # copy images, without a server
  transship up --data-dir ./data                # a control plane and an agent, on this machine
  transship apply -f topology.yaml              # say what there is and what goes where
  transship rule run NAME --wait                # and make it so

Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 not allowed, 5 conflict, 6 unavailable or timed out, 7 partial, 8 differences found, 130 interrupted.`;

const LEADING_TITLE = "Options of commands that ask a control plane, here or among their own:";

/** The commander tree of the command table. Nothing but the tree is built: values are resolved when a command runs. */
export function buildProgram(commands: readonly CommandRow[], groups: readonly GroupRow[], version: string, run: RunRow): Command {
  const program = new Command("transship")
    .description("Keeps container registries in step across regions, borders and clouds.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help of a command")
    .showSuggestionAfterError(true)
    .addHelpText("after", START)
    .enablePositionalOptions()
    .exitOverride();
  for (const option of LEADING) program.addOption(buildOption(option).helpGroup(LEADING_TITLE));
  const byWords = new Map<string, Command>([["", program]]);
  for (const row of commands) {
    const words = row.words.split(" ");
    const parent = groupOf(words.slice(0, -1), byWords, groups);
    parent.addCommand(buildCommand(row, words.at(-1) ?? "", run));
  }
  return program;
}

function groupOf(words: readonly string[], byWords: Map<string, Command>, groups: readonly GroupRow[]): Command {
  const key = words.join(" ");
  const known = byWords.get(key);
  if (known !== undefined) return known;
  const parent = groupOf(words.slice(0, -1), byWords, groups);
  const row = groups.find((group) => group.word === key);
  const command = new Command(words.at(-1) ?? "").description(row?.summary ?? "").exitOverride();
  if (row?.plural !== undefined) command.alias(row.plural);
  parent.addCommand(command);
  byWords.set(key, command);
  return command;
}

function buildCommand(row: CommandRow, word: string, run: RunRow): Command {
  const command = new Command(word).description(row.summary).showSuggestionAfterError(true).exitOverride();
  for (const argument of row.args ?? []) command.argument(argument);
  for (const option of row.options ?? []) command.addOption(buildOption(option));
  if (row.examples !== undefined) command.addHelpText("after", `\nExamples:\n${row.examples.map((line) => `  ${line}`).join("\n")}`);
  const options = row.options ?? [];
  command.action(() => run(row, paddedArguments(command, row), { ...leadingFlags(command, row), ...givenFlags(command, options) }));
  return command;
}

function buildOption(row: OptionRow): Option {
  const notes = [
    row.choices === undefined ? undefined : row.choices.join("|"),
    row.fallback === undefined ? undefined : `default ${row.fallback}`,
    row.required === true ? "required" : undefined,
    environmentName(row),
  ];
  const option = new Option(row.flags, `${row.help} (${notes.filter((note) => note !== undefined).join("; ")})`);
  if (row.type === "list") option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
  return option;
}

function paddedArguments(command: Command, row: CommandRow): (string | undefined)[] {
  return (row.args ?? []).map((_, index) => command.args[index]);
}

/** What stood before the first word. Commander refuses, as unknown, what the command does not have: it must not be overlooked. */
function leadingFlags(command: Command, row: CommandRow): Record<string, unknown> {
  let root = command;
  while (root.parent !== null) root = root.parent;
  const leading = givenFlags(root, LEADING);
  const known = new Set((row.options ?? []).map(optionName));
  const stray = Object.keys(leading).find((name) => !known.has(name));
  if (stray !== undefined) command.error(`error: unknown option '--${stray}'`, { code: "commander.unknownOption" });
  return leading;
}

/** The options that were given, by long name. */
function givenFlags(command: Command, options: readonly OptionRow[]): Record<string, unknown> {
  const names = new Set(options.map(optionName));
  const given = command.options.map((option) => [option.long?.slice(2) ?? "", command.getOptionValue(option.attributeName()) as unknown]);
  return Object.fromEntries(given.filter(([name, value]) => names.has(name as string) && value !== undefined));
}
