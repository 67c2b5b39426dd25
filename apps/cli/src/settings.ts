import { TransshipError } from "@transship/errors";
import { environmentName, type OptionRow, optionName } from "./command.ts";
import type { Environment } from "./environment.ts";
import { parseBytes, parseDuration } from "./quantities.ts";

/** Who said what an option is. */
export type Origin = "flag" | "environment" | "context" | "default" | "not set";

type Value = string | number | boolean | readonly string[] | undefined;

/** An option with its value, and where that comes from. */
export interface Setting {
  readonly option: OptionRow;
  readonly value: Value;
  readonly origin: Origin;
}

/** What a settings resolution reads, strongest first. */
export interface SettingSources {
  /** What commander found on the command line, by long name. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  /** Options that the context sets, by long name. */
  readonly context: Readonly<Record<string, string>>;
}

/** The options of one call by long name: flags before environment before context before defaults. */
export class Settings {
  readonly #byName: ReadonlyMap<string, Setting>;

  /** @throws TransshipError `INVALID_ARGUMENT` that names the flag or variable, for a value that cannot be read or is missing. */
  constructor(options: readonly OptionRow[], sources: SettingSources) {
    this.#byName = new Map(options.map((option) => [optionName(option), resolve(option, sources)]));
  }

  all(): Setting[] {
    return [...this.#byName.values()];
  }

  origin(name: string): Origin {
    return this.#setting(name).origin;
  }

  text(name: string): string | undefined {
    const value = this.#setting(name).value;
    return typeof value === "string" ? value : undefined;
  }

  /** The text of an option that is required or has a default. */
  required(name: string): string {
    return this.text(name) ?? "";
  }

  flag(name: string): boolean {
    return this.#setting(name).value === true;
  }

  list(name: string): readonly string[] {
    const value = this.#setting(name).value;
    return Array.isArray(value) ? value : [];
  }

  /** A count, bytes, or milliseconds of a duration. */
  number(name: string): number | undefined {
    const value = this.#setting(name).value;
    return typeof value === "number" ? value : undefined;
  }

  /** Whether the command has such an option. */
  has(name: string): boolean {
    return this.#byName.has(name);
  }

  #setting(name: string): Setting {
    const setting = this.#byName.get(name);
    if (setting === undefined) throw new TypeError(`this command has no option --${name}`);
    return setting;
  }
}

function resolve(option: OptionRow, sources: SettingSources): Setting {
  const name = optionName(option);
  const variable = environmentName(option);
  const fromFlag = sources.flags[name];
  if (fromFlag !== undefined) return { option, value: read(option, fromFlag, `--${name}`), origin: "flag" };
  const fromEnvironment = sources.environment[variable];
  if (fromEnvironment !== undefined && fromEnvironment !== "") {
    return { option, value: read(option, fromEnvironment, variable), origin: "environment" };
  }
  const fromContext = option.fromContext === true ? sources.context[name] : undefined;
  if (fromContext !== undefined) return { option, value: read(option, fromContext, `the context's ${name}`), origin: "context" };
  if (option.fallback !== undefined) return { option, value: read(option, option.fallback, `--${name}`), origin: "default" };
  if (option.required === true) {
    throw new TransshipError("INVALID_ARGUMENT", {
      what: `--${name}`,
      why: "is required",
      hint: `Give --${name} or set ${variable}: ${option.help}.`,
    });
  }
  return { option, value: undefined, origin: "not set" };
}

function read(option: OptionRow, given: unknown, where: string): Value {
  if (option.type === "list") return Array.isArray(given) ? given.map(String) : splitList(String(given));
  if (option.type === "flag") return typeof given === "boolean" ? given : readFlag(String(given), where);
  const text = String(given);
  if (option.choices !== undefined && !option.choices.includes(text)) throw unreadable(where, text, `one of: ${option.choices.join(", ")}`);
  if (option.type === "count") return /^\d{1,15}$/.test(text) ? Number(text) : fail(where, text, "a whole number");
  if (option.type === "duration") return parseDuration(text) ?? fail(where, text, "a duration such as 90s, 10m or 1h30m");
  if (option.type === "bytes") return parseBytes(text) ?? fail(where, text, "an amount of bytes such as 1048576 or 8MiB");
  return text;
}

function splitList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function readFlag(text: string, where: string): boolean {
  if (["true", "1", "yes", "on"].includes(text.toLowerCase())) return true;
  if (["false", "0", "no", "off"].includes(text.toLowerCase())) return false;
  throw unreadable(where, text, "true or false");
}

function fail(where: string, text: string, wanted: string): never {
  throw unreadable(where, text, wanted);
}

function unreadable(where: string, text: string, wanted: string): TransshipError {
  return new TransshipError("INVALID_ARGUMENT", { what: where, why: `${JSON.stringify(text)} is not ${wanted}` });
}
