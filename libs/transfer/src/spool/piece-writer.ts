import { crc32 } from "node:zlib";
import type { Spool } from "./spool.ts";

/** Bytes gathered before they are written: few large writes cost a fraction of many small ones. */
const WRITE_BYTES = 512 * 1024;
/** Bytes after which what was written is recorded: what a `kill -9` can cost each stream. */
const RECORD_BYTES = 1024 * 1024;
/** On a slow stream what came is recorded at least so often, in milliseconds: many slow streams would otherwise lose much together. */
const RECORD_EVERY_MS = 400;
/** Bytes up to which one piece grows: a piece that a power cut damaged is lost as a whole, and every piece is a row. */
const PIECE_BYTES = 8 * 1024 * 1024;

/** Gathers bytes into writes, and writes into recorded pieces. */
export class PieceWriter {
  readonly #spool: Spool;
  #buffers: Uint8Array[] = [];
  #gathered = 0;
  #start: number;
  #written: number;
  #recorded: number;
  #recordedAt = performance.now();
  #crc = 0;
  #broken = false;

  constructor(spool: Spool, start: number) {
    this.#spool = spool;
    this.#start = start;
    this.#written = start;
    this.#recorded = start;
  }

  async push(bytes: Uint8Array): Promise<void> {
    this.#buffers.push(bytes);
    this.#gathered += bytes.byteLength;
    const due = performance.now() - this.#recordedAt >= RECORD_EVERY_MS;
    if (this.#gathered < WRITE_BYTES && !due) return;
    await this.#write();
    if (due || this.#written - this.#recorded >= RECORD_BYTES) this.#record();
  }

  /** Keeps what came, also when the source broke off; after a failed write there is nothing more to keep. */
  async finish(): Promise<void> {
    if (this.#broken) return;
    if (this.#gathered > 0) await this.#write();
    if (this.#written > this.#recorded) this.#record();
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
    this.#recorded = this.#written;
    this.#recordedAt = performance.now();
    if (this.#written - this.#start < PIECE_BYTES) return;
    this.#start = this.#written;
    this.#crc = 0;
  }
}
