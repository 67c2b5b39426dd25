import { crc32 } from "node:zlib";
import type { ByteRange, Repository } from "@transship/oci";
import { readResiliently } from "../read-resiliently.ts";
import type { Tally } from "../tally.ts";
import type { Filler, Spool } from "./spool.ts";

/** Bytes gathered before they are written: few large writes cost a fraction of many small ones. */
const WRITE_BYTES = 1024 * 1024;
/** Bytes after which a piece is recorded: what a `kill -9` can cost. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** Fills a spool from a source, gap by gap, one request after the other. */
export function fillFrom(source: Repository, tally: Tally): Filler {
  return async (spool, signal) => {
    for (const gap of spool.missing()) await fillGap(spool, source, gap, tally, signal);
  };
}

async function fillGap(spool: Spool, source: Repository, gap: ByteRange, tally: Tally, signal: AbortSignal): Promise<void> {
  const writer = new PieceWriter(spool, gap.start);
  try {
    for await (const bytes of readResiliently(source, spool.blob, gap, tally, signal)) await writer.push(bytes);
  } finally {
    await writer.finish();
  }
}

/** Gathers bytes into writes, and writes into recorded pieces. */
class PieceWriter {
  readonly #spool: Spool;
  #buffers: Uint8Array[] = [];
  #gathered = 0;
  #start: number;
  #written: number;
  #crc = 0;
  #broken = false;

  constructor(spool: Spool, start: number) {
    this.#spool = spool;
    this.#start = start;
    this.#written = start;
  }

  async push(bytes: Uint8Array): Promise<void> {
    this.#buffers.push(bytes);
    this.#gathered += bytes.byteLength;
    if (this.#gathered < WRITE_BYTES) return;
    await this.#write();
    if (this.#written - this.#start >= PIECE_BYTES) this.#record();
  }

  /** Keeps what came, also when the source broke off; after a failed write there is nothing more to keep. */
  async finish(): Promise<void> {
    if (this.#broken) return;
    if (this.#gathered > 0) await this.#write();
    if (this.#written > this.#start) this.#record();
  }

  async #write(): Promise<void> {
    const buffers = this.#buffers;
    this.#broken = true;
    await this.#spool.write(buffers, this.#written);
    this.#broken = false;
    for (const buffer of buffers) this.#crc = crc32(buffer, this.#crc);
    this.#written += this.#gathered;
    this.#buffers = [];
    this.#gathered = 0;
  }

  #record(): void {
    this.#spool.record({ start: this.#start, end: this.#written, crc32: this.#crc });
    this.#start = this.#written;
    this.#crc = 0;
  }
}
