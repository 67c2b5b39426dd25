import { styleText } from "node:util";
import { printable } from "./printable.ts";
import { textWidth } from "./text-width.ts";

/** A column of a table of `T`. */
export interface Column<T> {
  readonly title: string;
  readonly cell: (item: T) => string;
  /** Only shown by `-o wide`. */
  readonly wide?: boolean;
  readonly align?: "right";
}

/** What a table may do with the terminal. */
export interface TableStyle {
  readonly wide: boolean;
  /** Where it is printed; decides about colour, as do NO_COLOR and FORCE_COLOR. Absent = no colour. */
  readonly stream?: NodeJS.WriteStream | undefined;
  /** Of a table that is printed part by part. */
  readonly memory?: TableMemory;
}

/** What parts of one table share: the head is printed with the first one, and no column becomes narrower. */
export interface TableMemory {
  /** Of the parts before; empty before the first. */
  widths: readonly number[];
}

/** Rows in columns that line up by display width, so that Chinese text, twice as wide as Latin, does too. Ends with a newline. */
export function formatTable<T>(items: readonly T[], columns: readonly Column<T>[], style: TableStyle): string {
  const shown = columns.filter((column) => style.wide || column.wide !== true);
  const rows = items.map((item) => shown.map((column) => oneCell(column.cell(item))));
  const before = style.memory?.widths ?? [];
  const widths = shown.map((column, index) =>
    Math.max(before[index] ?? textWidth(column.title), ...rows.map((row) => textWidth(row[index] ?? ""))),
  );
  if (style.memory !== undefined) style.memory.widths = widths;
  const line = (cells: readonly string[], paint: (text: string, index: number) => string) =>
    cells
      .map((cell, index) => {
        const space = " ".repeat((widths[index] ?? 0) - textWidth(cell));
        const painted = paint(cell, index);
        return shown[index]?.align === "right" ? space + painted : painted + space;
      })
      .join("  ")
      .trimEnd();
  const head = line(
    shown.map((column) => column.title),
    (text) => colour("bold", text, style.stream),
  );
  const isState = shown.map((column) => column.title === "STATE");
  const body = rows.map((row) => line(row, (text, index) => (isState[index] === true ? colourState(text, style.stream) : text)));
  return `${(before.length === 0 ? [head, ...body] : body).join("\n")}\n`;
}

const STATE_COLOURS: Readonly<Record<string, "green" | "red" | "yellow" | "cyan">> = {
  succeeded: "green",
  online: "green",
  failed: "red",
  revoked: "red",
  partial: "yellow",
  retrying: "yellow",
  stopped: "yellow",
  cancelled: "yellow",
  draining: "yellow",
  copying: "cyan",
  verifying: "cyan",
  inventory: "cyan",
  planning: "cyan",
  "in-step": "green",
  behind: "cyan",
  filling: "cyan",
  failing: "red",
  drifted: "yellow",
  different: "yellow",
  missing: "yellow",
  unreachable: "red",
  here: "green",
};

/** A state in its colour, where the stream takes colours. */
export function colourState(state: string, stream: NodeJS.WriteStream | undefined): string {
  const name = STATE_COLOURS[state];
  return name === undefined ? state : colour(name, state, stream);
}

function colour(name: Parameters<typeof styleText>[0], text: string, stream: NodeJS.WriteStream | undefined): string {
  return stream === undefined ? text : styleText(name, text, { stream });
}

function oneCell(text: string): string {
  const clean = printable(text).trim();
  return clean === "" ? "-" : clean;
}
