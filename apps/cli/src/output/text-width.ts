import { createRequire } from "node:module";

type StringWidth = typeof import("string-width")["default"];

const PLAIN = /^[\x20-\x7e]*$/;
let measure: StringWidth | undefined;

/**
 * Columns that a text takes in a terminal. string-width loads Unicode's segmentation, which takes as long as starting Node itself, so it is only asked where the
 * text is more than printable ASCII.
 */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  measure ??= (createRequire(import.meta.url)("string-width") as { default: StringWidth }).default;
  return measure(text);
}
