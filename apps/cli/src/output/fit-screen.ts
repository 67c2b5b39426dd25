import { fitEnd } from "../progress/fit-width.ts";

/** The size of a terminal, in characters. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
const COLOUR = /(\u001b\[[0-9;]*m)/;

/** Text of lines as a screen can show it without wrapping or scrolling: what does not fit is cut off and said so. One row stays free for the cursor. */
export function fitScreen(text: string, { columns, rows }: ScreenSize): string[] {
  const lines = text.replace(/\n$/, "").split("\n");
  const most = Math.max(2, rows - 1);
  const shown = lines.length <= most ? lines : [...lines.slice(0, most - 1), "… more than fits here"];
  return shown.map((line) => fitLine(line, columns));
}

/** A line of at most so many columns, with all its colours, which take none. */
function fitLine(line: string, columns: number): string {
  const pieces = line.split(COLOUR);
  const plain = pieces.filter((_, index) => isText(index)).join("");
  const cut = fitEnd(plain, columns);
  if (cut === plain) return line;
  const sign = [...cut].at(-1) ?? "";
  let left = [...cut].length - 1;
  const kept = pieces.map((piece, index) => {
    if (!isText(index)) return piece;
    const characters = [...piece].slice(0, left);
    left -= characters.length;
    return characters.join("");
  });
  return kept.join("") + sign;
}

/** Texts and colours take turns, beginning with a text. */
function isText(index: number): boolean {
  return index % 2 === 0;
}
