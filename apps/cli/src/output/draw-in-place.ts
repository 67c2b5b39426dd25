import type { Call } from "../command.ts";
import { fitScreen } from "./fit-screen.ts";
import { rowsText, type View } from "./print.ts";

/** What shows items that are looked at again and again. */
export interface WatchView<D> {
  /** Items of which it can show anything; the rest need not be asked for. */
  most(): number;
  draw(items: readonly D[]): Promise<void> | void;
  /** Something that the items do not say. */
  note(line: string): void;
}

/** The size of a terminal that does not tell it. */
const USUAL = { columns: 80, rows: 24 };

/** The newest table in place of the one before, over the whole terminal, without flicker: lines are overwritten, and only a terminal that changed its size is cleared. */
export function drawInPlace<D>(call: Call, view: View<D>): WatchView<D> {
  const { out } = call.streams;
  const wide = call.settings.text("output") === "wide";
  let clearedFor = "";
  let lines: string[] = [];
  const size = () => ({ columns: out.columns || USUAL.columns, rows: out.rows || USUAL.rows });
  const redraw = (text: string) => {
    const { columns, rows } = size();
    const clear = clearedFor === `${columns}x${rows}` ? "" : "\u001b[2J";
    clearedFor = `${columns}x${rows}`;
    lines = fitScreen(text, { columns, rows });
    out.write(`${clear}\u001b[H${lines.map((line) => `${line}\u001b[K\n`).join("")}\u001b[J`);
  };
  return {
    most: () => size().rows,
    draw: (items) => redraw(items.length === 0 ? `no ${view.noun}s` : rowsText(items, view, { wide, stream: out })),
    note: (line) => redraw([...lines.slice(0, Math.max(1, size().rows - 2)), line].join("\n")),
  };
}
