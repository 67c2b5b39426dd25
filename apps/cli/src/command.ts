import type { ExitCode } from "@transship/errors";
import type { Environment } from "./environment.ts";
import type { Settings } from "./settings.ts";

/**
 * How the text of an option is read.
 * `text` as it is · `flag` no value · `list` may be given several times · `count` a whole number · `duration` like `90s`, to milliseconds · `bytes` like `8MiB`.
 */
export type OptionType = "text" | "flag" | "list" | "count" | "duration" | "bytes";

/** An option of a command. Its environment form is `TRANSSHIP_` and its long name in capitals. */
export interface OptionRow {
  /** As commander reads it: `-o, --output <format>`. */
  readonly flags: string;
  readonly help: string;
  /** Default `text`. */
  readonly type?: OptionType;
  readonly choices?: readonly string[];
  /** What it is when nobody says anything. */
  readonly fallback?: string;
  readonly required?: boolean;
  /** Also settable by the context, under its long name. */
  readonly fromContext?: boolean;
}

/** A command: one row of the command table. */
export interface CommandRow {
  /** What the user types: `rule run`. */
  readonly words: string;
  /** As commander reads them: `<name>`, `[name]`. */
  readonly args?: readonly string[];
  readonly summary: string;
  readonly options?: readonly OptionRow[];
  /** Whole command lines for the help. */
  readonly examples?: readonly string[];
  /** Loads the code; nothing of it is loaded for help. */
  readonly load: () => Promise<{ readonly run: RunCommand }>;
}

/** A noun or other first word that has commands below it. */
export interface GroupRow {
  readonly word: string;
  readonly plural?: string;
  readonly summary: string;
}

/** Does a command. Data goes to `streams.out`; a failure is thrown; the result is the exit code where it is not 0. */
export type RunCommand = (call: Call) => Promise<ExitCode | undefined> | Promise<void>;

/** Where a command reads and writes. */
export interface Streams {
  readonly in: NodeJS.ReadStream;
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
}

/** One use of a command. */
export interface Call {
  /** The words of the command, e.g. `["rule", "run"]`. */
  readonly words: readonly string[];
  /** Its positional arguments; undefined for an optional one that is absent. */
  readonly args: readonly (string | undefined)[];
  readonly settings: Settings;
  readonly environment: Environment;
  readonly streams: Streams;
  /** Aborted with `INTERRUPTED` by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** The long name of an option without its dashes: `tls-ca`. */
export function optionName(option: Pick<OptionRow, "flags">): string {
  const match = /--([a-z0-9-]+)/.exec(option.flags);
  if (match?.[1] === undefined) throw new TypeError(`option without a long name: ${option.flags}`);
  return match[1];
}

/** The name of an option's environment form: `TRANSSHIP_TLS_CA`. */
export function environmentName(option: Pick<OptionRow, "flags">): string {
  return `TRANSSHIP_${optionName(option).replaceAll("-", "_").toUpperCase()}`;
}
