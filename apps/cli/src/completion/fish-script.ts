import type { CommandRow, OptionRow } from "../command.ts";
import { optionName } from "../command.ts";
import { type CompletionNode, takesFile, valueFlags } from "./completion-tree.ts";

/** The completion script for fish: words with their summaries, options with their help. */
export function fishScript(nodes: readonly CompletionNode[], commands: readonly CommandRow[]): string {
  const lines = nodes.flatMap((node) => {
    const at = `-n '__transship_at ${quote(node.path)}'`;
    const below = `-n '__transship_below ${quote(node.path)}'`;
    const words = node.words.map(({ word, summary }) => `complete -c transship ${at} -f -a ${quote(word)} -d ${quote(summary)}`);
    return [...words, ...node.options.map((option) => `complete -c transship ${below} ${optionArguments(option)}`)];
  });
  return `# fish completion for transship; load it with: transship completion fish | source
function __transship_path
  set -l words
  set -l skip ""
  for word in (commandline -opc)[2..-1]
    if test -n "$skip"
      set skip ""
      continue
    end
    switch $word
      case ${valueFlags(commands).join(" ")}
        set skip 1
      case '-*'
      case '*'
        set -a words $word
    end
  end
  string join ' ' -- $words
end
function __transship_at
  test "$(__transship_path)" = "$argv[1]"
end
function __transship_below
  string match -q -- "$argv[1] *" "$(__transship_path) "
end
${lines.join("\n")}
`;
}

function optionArguments(option: OptionRow): string {
  const short = /^-([a-zA-Z]),/.exec(option.flags)?.[1];
  const parts = [`-l ${optionName(option)}`, ...(short === undefined ? [] : [`-s ${short}`]), `-d ${quote(option.help)}`];
  if (option.type === "flag") return [...parts, "-f"].join(" ");
  if (option.choices !== undefined) return [...parts, "-x", `-a ${quote(option.choices.join(" "))}`].join(" ");
  return [...parts, takesFile(option) ? "-r -F" : "-x"].join(" ");
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\$]/g, "\\$&")}"`;
}
