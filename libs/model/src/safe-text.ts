/** What must not be seen. */
const HIDDEN = "***";
/** Shorter ones are not looked for: every text would be full of them. */
const SHORTEST_SECRET = 3;

/** What a text may be like. */
export interface SafeTextOptions {
  /** Longest text, in characters; longer ones end in an ellipsis. */
  readonly most: number;
  /** Secrets that are known, to be hidden wherever they occur. */
  readonly secrets?: readonly string[] | undefined;
}

/**
 * A text of whatever origin as it may be stored and shown: on one line, without control and bidirectional characters, bounded, and without what is known or looks
 * like a secret: user names and queries in URLs (signed storage URLs), Authorization values, `password=…` and the like.
 */
export function safeText(text: string, { most, secrets = [] }: SafeTextOptions): string {
  // Long texts are cut first, since a hostile registry chooses their length; a secret that the cut goes through is cut off with what follows it.
  let line = text
    .slice(0, most * 4)
    .replaceAll(/[\p{C}\s]+/gu, " ")
    .trim();
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length >= SHORTEST_SECRET) line = line.replaceAll(secret, HIDDEN);
  }
  line = hideUrls(line)
    .replaceAll(/\b(basic|bearer)\s+[\w.~+/=-]{6,}/gi, `$1 ${HIDDEN}`)
    .replaceAll(/\b(authorization|cookie)(\W{1,4})(?!basic|bearer)[^\s",;]+/gi, `$1$2${HIDDEN}`)
    .replaceAll(
      /\b((?:[\w-]{1,40}[_-])?(?:password|passwd|secret|token|signature|credential)s?)(["']?\s*[=:]\s*["']?)(?!\s|sha(?:256|512):)[^\s"',;&]+/gi,
      `$1$2${HIDDEN}`,
    );
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}

/** URLs without user information and query: a signed one is as good as a password while it lasts. What follows a question mark without a space is taken for a query. */
function hideUrls(line: string): string {
  return line.replaceAll(/:\/\/[^\s/?#@"'<>]+@/g, `://${HIDDEN}@`).replaceAll(/(?<=\S)\?[\w%][^\s"'<>]*/g, `?${HIDDEN}`);
}

/** A secret as it may occur in texts: as it is, as a URL has it, and as `Authorization: Basic` has it with its user. */
export function formsOfSecret(secret: string, user: string): string[] {
  const basic = btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${secret}`)));
  return [...new Set([secret, encodeURIComponent(secret), basic])].filter((form) => form !== "");
}
