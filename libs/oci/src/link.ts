/**
 * The target of the `rel="next"` link of a `Link` header (RFC 8288), as it was written; undefined where there is none. Takes several links in one
 * header, parameters in any order, and `rel=next` without quotes.
 */
export function nextLink(headers: readonly string[]): string | undefined {
  for (const header of headers) {
    for (const found of header.matchAll(/<([^<>]*)>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]*"|[^\s",;]*))*)/g)) {
      const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]*))/i.exec(found[2] ?? "");
      const names = (relation?.[1] ?? relation?.[2] ?? "").toLowerCase().split(/\s+/);
      if (names.includes("next")) return found[1];
    }
  }
  return undefined;
}
