/** The part of a blob that a 206 answer carries; both ends inclusive, `total` undefined where the server says `*`. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly total: number | undefined;
}

/** Reads a `Content-Range: bytes 0-99/1234` header (RFC 9110 §14.4); undefined for anything else. */
export function parseContentRange(header: string | undefined): ContentRange | undefined {
  const parts = /^bytes\s+(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(header?.trim() ?? "");
  if (parts === null) return undefined;
  const [, first, last, total] = parts;
  const range = { first: Number(first), last: Number(last), total: total === "*" ? undefined : Number(total) };
  if (range.first > range.last || (range.total !== undefined && range.last >= range.total)) return undefined;
  return range;
}

/**
 * How many bytes of an upload the registry has, from the `Range` header of an upload's answer; `ambiguous` for `0-0`, which registries send
 * both for nothing and for one byte; undefined where the header is missing or something else.
 * OCI distribution-spec 1.1 sends `0-<last byte>`; Quay's status query sends `bytes=0-<count>`; zot sends `0--1` for nothing.
 */
export function parseUploadRange(header: string | undefined): number | "ambiguous" | undefined {
  const parts = /^(bytes=)?0-(-1|\d{1,15})$/.exec(header?.trim() ?? "");
  if (parts === null) return undefined;
  const end = Number(parts[2]);
  if (parts[1] !== undefined) return Math.max(0, end);
  return end === 0 ? "ambiguous" : end + 1;
}
