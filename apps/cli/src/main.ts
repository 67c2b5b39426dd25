import type { CommanderError } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { buildProgram } from "./build-program.ts";
import { COMMANDS, GROUPS } from "./command-table.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  // `transship … | head` closes the pipe early; that is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  let exitCode = 0;
  const program = buildProgram(COMMANDS, GROUPS, packageJson.version, async (row, args, flags) => {
    const { runCommand } = await import("./run-command.ts");
    exitCode = await runCommand(row, args, flags, argv);
  });
  if (argv.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    // Commander's own "error: …" lines are replaced by ours.
    silence(program);
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (thrown) {
    const { reportUsage } = await import("./report-error.ts");
    return reportUsage(thrown as CommanderError, argv);
  }
}

function silence(command: ReturnType<typeof buildProgram>): void {
  command.configureOutput({ outputError: () => undefined });
  for (const child of command.commands) silence(child);
}
