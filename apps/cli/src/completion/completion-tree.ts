import { type CommandRow, type GroupRow, type OptionRow, optionName } from "../command.ts";
import { LEADING } from "../options.ts";

/** What may follow a sequence of words. */
export interface CompletionNode {
  /** The words so far, `rule run`; empty at the root. */
  readonly path: string;
  /** Words that may follow, with what they do. */
  readonly words: readonly { readonly word: string; readonly summary: string }[];
  readonly options: readonly OptionRow[];
}

/** The command table as nodes, one for each group and command, plurals included. */
export function completionNodes(commands: readonly CommandRow[], groups: readonly GroupRow[]): CompletionNode[] {
  const nodes = new Map<string, { words: Map<string, string>; options: readonly OptionRow[] }>();
  const node = (path: string) => {
    const known = nodes.get(path) ?? { words: new Map<string, string>(), options: [] };
    nodes.set(path, known);
    return known;
  };
  for (const row of commands) {
    const words = row.words.split(" ");
    for (const [index, word] of words.entries()) {
      const path = words.slice(0, index + 1).join(" ");
      const summary = index === words.length - 1 ? row.summary : (groups.find((group) => group.word === path)?.summary ?? "");
      node(words.slice(0, index).join(" ")).words.set(word, summary);
    }
    node(row.words).options = row.options ?? [];
  }
  node("").options = LEADING;
  const singular = [...nodes].map(([path, { words, options }]) => ({
    path,
    words: [...words].map(([word, summary]) => ({ word, summary })),
    options,
  }));
  return [...singular, ...singular.flatMap((found) => pluralTwin(found, groups))];
}

/** The same node below the plural of its noun. */
function pluralTwin(node: CompletionNode, groups: readonly GroupRow[]): CompletionNode[] {
  const [first, ...rest] = node.path.split(" ");
  const plural = groups.find((group) => group.word === first)?.plural;
  return plural === undefined ? [] : [{ ...node, path: [plural, ...rest].join(" ") }];
}

/** Options that take a value, as typed: `-o`, `--output`. Their value is no word of the command. */
export function valueFlags(commands: readonly CommandRow[]): string[] {
  const flags = commands.flatMap((row) => (row.options ?? []).filter((option) => option.type !== "flag").flatMap(optionFlags));
  return [...new Set(flags)].sort();
}

/** The forms of an option: `-o` and `--output`. */
export function optionFlags(option: OptionRow): string[] {
  const short = /^(-[a-zA-Z]),/.exec(option.flags)?.[1];
  const long = `--${optionName(option)}`;
  return short === undefined ? [long] : [short, long];
}

/** Whether the option's value is the name of a file or directory. */
export function takesFile(option: OptionRow): boolean {
  return /<(?:file|dir)>/.test(option.flags);
}
