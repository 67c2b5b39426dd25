import { styleText } from "node:util";
import type { LogLevel } from "@transship/model";
import type { LogLineDocument } from "../documents/log-line.ts";
import { printable } from "./printable.ts";

const COLOURS = { debug: "gray", info: "cyan", warn: "yellow", error: "red" } as const satisfies Record<LogLevel, string>;

/** Where a line is printed; decides about colour, as do NO_COLOR and FORCE_COLOR. Absent = no colour. */
interface LineStyle {
  readonly stream?: NodeJS.WriteStream | undefined;
}

/** One line for people: time, level, source (task artifact), message, code. Ends with a newline. */
export function formatLogLine(line: LogLineDocument, { stream }: LineStyle = {}): string {
  const level = stream === undefined ? line.level.padEnd(5) : styleText(COLOURS[line.level], line.level.padEnd(5), { stream });
  const about = line.task === null ? "" : ` (${[line.task, line.artifact].filter((part) => part !== null).join(" ")})`;
  const code = line.code === null ? "" : ` ${line.code}`;
  return `${printable(line.at)} ${level} ${printable(`${line.source}${about} ${line.message}${code}`)}\n`;
}
