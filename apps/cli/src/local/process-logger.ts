import { type Logger, pino } from "pino";
import type { Call } from "../command.ts";
import { printable } from "../output/printable.ts";

const LEVELS: Readonly<Record<number, string>> = { 10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal" };
/** Members of a log line that the text form shows elsewhere, or not at all. */
const FRAME = new Set(["level", "time", "msg", "pid", "hostname"]);

/** The log of a long-running process, on stderr: JSON lines, or text for people where stderr is a terminal or `--log-format text` says so. */
export function processLogger(call: Call, name: string): Logger {
  const { err } = call.streams;
  const format = call.settings.text("log-format") ?? (err.isTTY ? "text" : "json");
  const level = call.settings.required("log-level");
  const stream =
    format === "json" ? { write: (line: string) => void err.write(line) } : { write: (line: string) => void err.write(textLine(line)) };
  return pino({ level, name, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

/** `12:34:56 warn  the message key=value`. */
function textLine(json: string): string {
  const line = JSON.parse(json) as Record<string, unknown>;
  const time = new Date(String(line.time)).toISOString().slice(11, 19);
  const level = (LEVELS[Number(line.level)] ?? String(line.level)).padEnd(5);
  const rest = Object.entries(line)
    .filter(([key]) => !FRAME.has(key))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return `${printable([time, level, String(line.msg ?? ""), ...rest].join(" "))}\n`;
}
