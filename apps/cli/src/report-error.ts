import { asTransshipError, EXIT, formatError, TransshipError } from "@transship/errors";
import type { CommanderError } from "commander";
import { COMMANDS } from "./command-table.ts";
import { valueFlags } from "./completion/completion-tree.ts";
import { type Environment, processEnvironment } from "./environment.ts";
import { printable } from "./output/printable.ts";

/** Prints a thrown value on stderr, as one line or, with `-o json`, as an object. Returns the exit code. */
export function reportError(thrown: unknown, json: boolean, err: NodeJS.WritableStream = process.stderr): number {
  const error = asTransshipError(thrown, "running this command");
  if (json) {
    err.write(`${JSON.stringify(error)}\n`);
  } else {
    const details = error instanceof ListedError ? error.issues.map((issue) => `${printable(issue)}\n`).join("") : "";
    err.write(`${details}${printable(formatError(error))}\n`);
  }
  if (error.code === "INTERNAL" && !json && error.cause instanceof Error && error.cause.stack !== undefined)
    err.write(`${error.cause.stack}\n`);
  return error.exitCode;
}

/** An error that consists of several, each worth a line: mistakes in files. */
export class ListedError extends TransshipError {
  readonly issues: readonly string[];

  constructor(
    code: ConstructorParameters<typeof TransshipError>[0],
    facts: ConstructorParameters<typeof TransshipError>[1],
    issues: readonly string[],
  ) {
    super(code, facts);
    this.issues = issues;
  }

  override toJSON(): ReturnType<TransshipError["toJSON"]> & { issues: readonly string[] } {
    return { ...super.toJSON(), issues: this.issues };
  }
}

/** Prints what commander found wrong with the words of a command line; help and version that were asked for are no error. */
export function reportUsage(thrown: CommanderError, argv: readonly string[]): number {
  if (thrown.code === undefined || !thrown.code.startsWith("commander.")) return reportError(thrown, wantsJson(argv));
  if (thrown.exitCode === 0) return EXIT.ok;
  // A group without a verb: commander has printed its help.
  if (thrown.code === "commander.help") return EXIT.usage;
  const message = thrown.message.replace(/^error: /, "").replaceAll("\n", " ");
  const hint = `See \`transship ${[...knownWords(argv), "--help"].join(" ")}\`.`;
  return reportError(new TransshipError("INVALID_ARGUMENT", { what: "reading the command line", why: message, hint }), wantsJson(argv));
}

/** The words of a command line that the command table knows, up to the first that it does not. */
function knownWords(argv: readonly string[]): string[] {
  const values = new Set(valueFlags(COMMANDS));
  const words = argv.filter((word, index) => !word.startsWith("-") && !values.has(argv[index - 1] ?? ""));
  const known = (count: number) => {
    const path = words.slice(0, count).join(" ");
    return COMMANDS.some((row) => row.words === path || row.words.startsWith(`${path} `));
  };
  let count = 0;
  while (count < words.length && known(count + 1)) count++;
  return words.slice(0, count);
}

/** Whether errors are to be JSON. Read from the raw words, since the command line itself may be what is wrong. */
export function wantsJson(argv: readonly string[], environment: Environment = processEnvironment): boolean {
  const last = argv.findLastIndex((word) => /^(?:-o|--output$|--output=)/.test(word));
  if (last === -1) return environment.TRANSSHIP_OUTPUT === "json";
  const attached = /^(?:-o|--output)=?(.*)$/.exec(argv[last] ?? "")?.[1];
  return (attached === "" ? argv[last + 1] : attached) === "json";
}
