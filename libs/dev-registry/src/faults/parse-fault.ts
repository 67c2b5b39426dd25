import { TransshipError } from "@transship/errors";
import { OPERATIONS, type Operation } from "../route.ts";
import type { FaultKind, FaultMatch, FaultRule } from "./fault.ts";
import { FAULT_NAMES, type FaultName } from "./fault-names.ts";

type Conditions = Omit<FaultRule, "action">;

/** Conditions that may follow a fault after a comma, with what they mean. */
export const FAULT_CONDITIONS = {
  op: "only these operations, separated by `+`",
  method: "only this HTTP method",
  path: "only requests whose path and query match this regular expression (no commas in it)",
  after: "let so many matching requests pass first",
  times: "harm so many requests, or `all` (default 1)",
} as const;

/**
 * Reads a fault as `transship dev-registry --fault` takes it: `NAME`, `NAME=VALUE`, and conditions after commas, e.g.
 * `cut-after=1MiB,op=blob-get,after=2,times=3`. Throws `INVALID_ARGUMENT` which lists what would have been valid.
 */
export function parseFault(text: string): FaultRule {
  const [head = "", ...rest] = splitConditions(text);
  const [name, value] = splitPair(head);
  if (!isFaultKind(name)) throw invalid(text, `there is no fault "${name}"`, `Faults are: ${Object.keys(FAULT_NAMES).join(", ")}.`);
  const row: FaultName = FAULT_NAMES[name];
  const action = row.read(value);
  if (action === undefined) {
    const form = row.value === undefined ? `"${name}" takes no value` : `"${name}" is written ${name}=${row.value}`;
    throw invalid(text, `"${value}" is no value for ${name}`, `${form}: ${row.description}.`);
  }
  return { action, ...readConditions(text, rest) };
}

/** One line per fault, for help: name, value and description, in columns. */
export function describeFaults(): string[] {
  const rows = Object.entries<FaultName>(FAULT_NAMES).map(([name, { value, description }]) => ({
    form: value === undefined ? name : `${name}=${value}`,
    description,
  }));
  const width = Math.max(...rows.map(({ form }) => form.length));
  return rows.map(({ form, description }) => `${form.padEnd(width)}  ${description}`);
}

function readConditions(text: string, parts: readonly string[]): Conditions {
  const match: { -readonly [K in keyof FaultMatch]: FaultMatch[K] } = {};
  const counts: { after?: number; times?: number } = {};
  for (const part of parts) {
    const [key, value] = splitPair(part);
    if (key === "op") match.op = value.split("+").map((each) => readOperation(text, each));
    else if (key === "method") match.method = value.toUpperCase();
    else if (key === "path") match.path = readPattern(text, value);
    else if (key === "after") counts.after = readCount(text, value);
    else if (key === "times") counts.times = value === "all" ? Number.POSITIVE_INFINITY : readCount(text, value);
    else throw invalid(text, `there is no condition "${key}"`, `Conditions are: ${Object.keys(FAULT_CONDITIONS).join(", ")}.`);
  }
  return { ...(Object.keys(match).length === 0 ? {} : { match }), ...counts };
}

function readOperation(text: string, word: string): Operation {
  if (Object.hasOwn(OPERATIONS, word)) return word as Operation;
  throw invalid(text, `there is no operation "${word}"`, `Operations are: ${Object.keys(OPERATIONS).join(", ")}.`);
}

function readPattern(text: string, source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (cause) {
    throw invalid(text, `"${source}" is no regular expression`, "Write it as JavaScript does, without slashes around it.", cause);
  }
}

function readCount(text: string, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw invalid(text, `"${value}" is no count`, "Give a whole number.");
}

// A comma separates conditions only where `key=` follows, so that an HTTP date ("Sat, 21 Nov …") may hold one.
function splitConditions(text: string): string[] {
  return text.split(/,(?=[a-z-]+=)/);
}

function splitPair(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(FAULT_NAMES, name);
}

function invalid(text: string, why: string, hint: string, cause?: unknown): TransshipError {
  return new TransshipError("INVALID_ARGUMENT", { what: `reading the fault "${text}"`, why, hint, cause });
}
