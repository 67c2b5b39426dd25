import type { CommandRow } from "../command.ts";
import { type CompletionNode, optionFlags, takesFile, valueFlags } from "./completion-tree.ts";

/** The completion script for bash: words by the words before them, values of options with choices, files elsewhere. */
export function bashScript(nodes: readonly CompletionNode[], commands: readonly CommandRow[]): string {
  const words = nodes.map((node) => {
    const all = [...node.words.map(({ word }) => word), ...node.options.flatMap(optionFlags), "--help"];
    return `      "${node.path}") words="${all.join(" ")}" ;;`;
  });
  return `# bash completion for transship; load it with: source <(transship completion bash)
_transship() {
  local cur prev path word words i skip
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD - 1]}
  case $prev in
${valueCases(commands).join("\n")}
  esac
  path=""
  skip=""
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [ -n "$skip" ]; then skip=""; continue; fi
    case $word in
      ${valueFlags(commands).join("|")}) skip=1 ;;
      -*) ;;
      *) path="\${path:+$path }$word" ;;
    esac
  done
  # Names and ids are no words of a command: go back to the longest path that is one.
  while :; do
    case $path in
${words.join("\n")}
      *" "*) path=\${path% *}; continue ;;
      *) words="" ;;
    esac
    break
  done
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$cur"))
}
complete -F _transship transship
`;
}

/** What follows an option that takes a value. */
function valueCases(commands: readonly CommandRow[]): string[] {
  const choices = new Map<string, Set<string>>();
  const files = new Set<string>();
  for (const option of commands.flatMap((row) => row.options ?? [])) {
    for (const flag of optionFlags(option)) {
      if (takesFile(option)) files.add(flag);
      for (const choice of option.choices ?? []) choices.set(flag, (choices.get(flag) ?? new Set()).add(choice));
    }
  }
  const chosen = [...choices].map(
    ([flag, values]) => `    ${flag}) COMPREPLY=($(compgen -W "${[...values].join(" ")}" -- "$cur")); return ;;`,
  );
  return [...chosen, `    ${[...files].join("|")}) COMPREPLY=($(compgen -f -- "$cur")); return ;;`];
}
