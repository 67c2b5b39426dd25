import { textWidth } from "../output/text-width.ts";

const ELLIPSIS = "…";

/** Text of at most `width` columns: its end is cut off where it is wider. */
export function fitEnd(text: string, width: number): string {
  return textWidth(text) <= width ? text : leading([...text], width - 1) + ELLIPSIS;
}

/** Text of at most `width` columns: its middle is left out where it is wider, since both ends of a name tell more. */
export function fitMiddle(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const end = leading([...text].reverse(), Math.floor((width - 1) / 2));
  const start = leading([...text], width - 1 - textWidth(end));
  return start + ELLIPSIS + [...end].reverse().join("");
}

/** As many of the characters as fit. */
function leading(characters: readonly string[], width: number): string {
  let taken = "";
  let used = 0;
  for (const character of characters) {
    used += textWidth(character);
    if (used > width) break;
    taken += character;
  }
  return taken;
}
