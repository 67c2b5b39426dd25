/** Text that may come from a registry or another user, without control characters: it must not move the cursor or recolour the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ");
}
