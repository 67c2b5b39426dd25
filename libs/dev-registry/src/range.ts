/** Bytes `start` to `end`, both included, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a `Range` header against a body of `size` bytes (RFC 9110 §14.1.2).
 * `whole`: no header, another unit, or several ranges, which a server may answer in full;
 * `unsatisfiable`: 416.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | "whole" | "unsatisfiable" {
  if (header === undefined) return "whole";
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (match === null) return "whole";
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return "whole";
  if (first === "") {
    const suffix = Number(last);
    if (suffix === 0 || size === 0) return "unsatisfiable";
    return { start: Math.max(0, size - suffix), end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  // A backwards range is answered with 416, as the conformance suite accepts and CNCF distribution does.
  if (start >= size || end < start) return "unsatisfiable";
  return { start, end };
}

/** Whether a `Range` header leaves its end open (`bytes=5-`), which a few object stores refuse. */
export function isOpenEnded(header: string | undefined): boolean {
  return header !== undefined && /^bytes=\d+-$/.test(header.trim());
}

/** Reads the `Content-Range` of an upload chunk: `<start>-<end>`, no unit (distribution-spec 1.1, end-5). */
export function parseChunkRange(header: string): ByteRange | undefined {
  const match = /^([0-9]+)-([0-9]+)$/.exec(header.trim());
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = Number(match[2]);
  return end < start ? undefined : { start, end };
}

/** The `Range` header of an upload session. CNCF distribution says `0-0` for none as for one byte; so do we. */
export function sessionRange(offset: number): string {
  return `0-${Math.max(0, offset - 1)}`;
}
