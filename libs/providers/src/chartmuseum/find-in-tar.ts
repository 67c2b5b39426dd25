import { TransshipError } from "@transship/errors";

const BLOCK = 512;
/** Type flags of regular files (POSIX.1-1988 ustar; NUL in older archives). */
const REGULAR = new Set([0, "0".charCodeAt(0)]);

/**
 * Finds one small file in a tar archive that streams by, and keeps nothing else. Push all bytes, then read {@link found}.
 * Names over 100 bytes that need extension headers are not understood; the file that is looked for has a short one.
 */
export class TarFinder {
  readonly #matches: (name: string) => boolean;
  readonly #limit: number;
  readonly #what: string;
  readonly #header = Buffer.alloc(BLOCK);
  #headerBytes = 0;
  /** Bytes of the present file that are still to come, and of the padding after it. */
  #left = 0;
  #padding = 0;
  #parts: Uint8Array[] | undefined;
  #found: Buffer | undefined;

  /** `limit`: bytes that the file may have. `what`: in words, for errors. */
  constructor(matches: (name: string) => boolean, limit: number, what: string) {
    this.#matches = matches;
    this.#limit = limit;
    this.#what = what;
  }

  /** The file's bytes; undefined where the archive has, so far, no such file. */
  get found(): Buffer | undefined {
    return this.#found;
  }

  /** @throws TransshipError `RESPONSE_MALFORMED` for a header that is none, `RESPONSE_TOO_LARGE` for a file beyond the limit. */
  push(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.byteLength > 0 && this.#found === undefined) {
      if (this.#left > 0) rest = this.#content(rest);
      else if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, rest.byteLength);
        this.#padding -= skipped;
        rest = rest.subarray(skipped);
      } else rest = this.#heading(rest);
    }
  }

  #content(bytes: Uint8Array): Uint8Array {
    const part = bytes.subarray(0, this.#left);
    this.#left -= part.byteLength;
    this.#parts?.push(part);
    if (this.#left === 0) this.#end();
    return bytes.subarray(part.byteLength);
  }

  #heading(bytes: Uint8Array): Uint8Array {
    const part = bytes.subarray(0, BLOCK - this.#headerBytes);
    this.#header.set(part, this.#headerBytes);
    this.#headerBytes += part.byteLength;
    if (this.#headerBytes === BLOCK) {
      this.#headerBytes = 0;
      if (this.#header.some((byte) => byte !== 0)) this.#begin();
    }
    return bytes.subarray(part.byteLength);
  }

  #begin(): void {
    const size = this.#size();
    const prefix = this.#header.toString("latin1", 257, 262) === "ustar" ? textOf(this.#header.subarray(345, 500)) : "";
    const base = textOf(this.#header.subarray(0, 100));
    const name = prefix === "" ? base : `${prefix}/${base}`;
    this.#left = size;
    this.#padding = (BLOCK - (size % BLOCK)) % BLOCK;
    this.#parts = REGULAR.has(this.#header[156] ?? 0) && this.#matches(name) ? [] : undefined;
    if (this.#parts === undefined) return;
    if (size > this.#limit)
      throw new TransshipError("RESPONSE_TOO_LARGE", { what: this.#what, why: `${name} has ${size} bytes, more than ${this.#limit}` });
    if (size === 0) this.#end();
  }

  #end(): void {
    if (this.#parts !== undefined) this.#found = Buffer.concat(this.#parts);
    this.#parts = undefined;
  }

  /** Octal digits. Sizes over 8 GiB are written in another form, which no chart needs. */
  #size(): number {
    const text = textOf(this.#header.subarray(124, 136)).trim();
    if (/^[0-7]{1,12}$/.test(text)) return Number.parseInt(text, 8);
    throw new TransshipError("RESPONSE_MALFORMED", { what: this.#what, why: "the archive is no tar file" });
  }
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? field.byteLength : end);
}
