import type { CommandRow, OptionRow } from "../command.ts";
import { type CompletionNode, optionFlags, takesFile, valueFlags } from "./completion-tree.ts";

/** The completion script for zsh: words with their summaries, options with their help. */
export function zshScript(nodes: readonly CompletionNode[], commands: readonly CommandRow[]): string {
  const cases = nodes.map((node) => {
    const described = node.words.map(({ word, summary }) => quote(`${word}:${summary}`)).join(" ");
    const words = node.words.length === 0 ? "" : `local -a words_here=(${described}); _describe command words_here; `;
    const options = node.options.flatMap(optionSpecs).map(quote).join(" ");
    return `    ${quote(node.path)}) ${words}_arguments ${options} '--help[show help]' '*:file:_files' ;;`;
  });
  return `#compdef transship
# zsh completion for transship; load it with: source <(transship completion zsh)
_transship() {
  # It is not named path, which in zsh is PATH itself.
  local spoken="" word skip=""
  for word in \${words[2,CURRENT-1]}; do
    if [[ -n $skip ]]; then skip=""; continue; fi
    case $word in
      ${valueFlags(commands).join("|")}) skip=1 ;;
      -*) ;;
      *) spoken="\${spoken:+$spoken }$word" ;;
    esac
  done
  # Names and ids are no words of a command: go back to the longest path that is one.
  local -a known=(${nodes.map((node) => quote(node.path)).join(" ")})
  while [[ -n $spoken && \${known[(Ie)$spoken]} -eq 0 ]]; do
    [[ $spoken == *" "* ]] && spoken="\${spoken% *}" || spoken=""
  done
  case $spoken in
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
