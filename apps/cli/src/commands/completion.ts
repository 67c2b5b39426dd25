import { TransshipError } from "@transship/errors";
import type { Call } from "../command.ts";
import { COMMANDS, GROUPS } from "../command-table.ts";
import { bashScript } from "../completion/bash-script.ts";
import { completionNodes } from "../completion/completion-tree.ts";
import { fishScript } from "../completion/fish-script.ts";
import { zshScript } from "../completion/zsh-script.ts";

/** `completion SHELL`: a script made from the command table. */
export function run(call: Call): Promise<void> {
  const nodes = completionNodes(COMMANDS, GROUPS);
  const scripts = {
    bash: () => bashScript(nodes, COMMANDS),
    zsh: () => zshScript(nodes, COMMANDS),
    fish: () => fishScript(nodes, COMMANDS),
  };
  const shell = call.args[0] ?? "";
  if (!Object.hasOwn(scripts, shell)) {
    throw new TransshipError("INVALID_ARGUMENT", { what: `shell ${shell}`, why: `must be one of: ${Object.keys(scripts).join(", ")}` });
  }
  call.streams.out.write(scripts[shell as keyof typeof scripts]());
  return Promise.resolve();
}
