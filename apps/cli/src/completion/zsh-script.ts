import type { OptionRow } from "../command.ts";
import { type CompletionNode, optionFlags, takesFile } from "./completion-tree.ts";

/** The completion script for zsh: words with their summaries, options with their help. */
export function zshScript(nodes: readonly CompletionNode[]): string {
  const cases = nodes.map((node) => {
    const described = node.words.map(({ word, summary }) => quote(`${word}:${summary}`)).join(" ");
    const words = node.words.length === 0 ? "" : `local -a words_here=(${described}); _describe command words_here; `;
    const options = node.options.flatMap(optionSpecs).map(quote).join(" ");
    return `    ${quote(node.path)}) ${words}_arguments ${options} '--help[show help]' '*:file:_files' ;;`;
  });
  return `#compdef transship
# zsh completion for transship; load it with: source <(transship completion zsh)
_transship() {
  local path="" word
  for word in \${words[2,CURRENT-1]}; do
    [[ $word == -* ]] || path="\${path:+$path }$word"
  done
  # Values of options and names are no words of a command: go back to the longest path that is one.
  local -a known=(${nodes.map((node) => quote(node.path)).join(" ")})
  while [[ -n $path && \${known[(Ie)$path]} -eq 0 ]]; do
    [[ $path == *" "* ]] && path="\${path% *}" || path=""
  done
  case $path in
${cases.join("\n")}
  esac
}
compdef _transship transship
`;
}

function optionSpecs(option: OptionRow): string[] {
  const help = option.help.replaceAll(/[[\]:]/g, " ");
  const action = option.choices === undefined ? (takesFile(option) ? ":value:_files" : ":value:") : `:value:(${option.choices.join(" ")})`;
  return optionFlags(option).map((flag) => `${flag}[${help}]${option.type === "flag" ? "" : action}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
