import { constants } from "node:fs";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { diskError } from "@transship/errors";
import type { Blob } from "../blob.ts";
import type { Journal, SpooledPiece } from "../journal.ts";
import { isPlausible } from "./piece-map.ts";

/** Bytes read at once when a file is checked or sent. */
const READ_BYTES = 256 * 1024;

/**
 * The bytes of one blob on disk, with holes where they have not come yet. Which parts are there is in the journal, not in the file.
 * File system errors come as `DISK_FULL` or `DATA_DIR_UNUSABLE`.
 */
export class SpoolFile implements AsyncDisposable {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #blob: Blob;
  readonly #journal: Journal;

  private constructor(path: string, handle: FileHandle, blob: Blob, journal: Journal) {
    this.#path = path;
    this.#handle = handle;
    this.#blob = blob;
    this.#journal = journal;
  }

  /** Opens or creates the file. Pieces that the journal knows are checked against the disk; those that a crash took are forgotten. */
  static async open(path: string, blob: Blob, journal: Journal): Promise<{ file: SpoolFile; pieces: SpooledPiece[] }> {
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const handle = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
      const file = new SpoolFile(path, handle, blob, journal);
      return { file, pieces: await file.#checkPieces() };
    } catch (error) {
      throw diskError(`opening spool file of ${blob.digest}`, error);
    }
  }

  /** Writes bytes at an offset of the blob. */
  async write(buffers: readonly Uint8Array[], offset: number): Promise<void> {
    try {
      const expected = buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
      const { bytesWritten } = await this.#handle.writev(buffers, offset);
      if (bytesWritten < expected) await this.#writeRest(Buffer.concat(buffers).subarray(bytesWritten), offset + bytesWritten);
    } catch (error) {
      throw diskError(`writing spool file of ${this.#blob.digest}`, error);
    }
  }

  /** A short write is no error for the kernel: go on where it stopped, or learn why it did. */
  async #writeRest(rest: Uint8Array, offset: number): Promise<void> {
    for (let written = 0; written < rest.byteLength; ) {
      written += (await this.#handle.write(rest, written, rest.byteLength - written, offset + written)).bytesWritten;
    }
  }

  /** Bytes of a range, in order. The range must have been written. */
  async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
    for (let position = start; position < end; ) {
      const length = Math.min(READ_BYTES, end - position);
      const { buffer, bytesRead } = await this.#handle.read(Buffer.allocUnsafeSlow(length), 0, length, position).catch((error: unknown) => {
        throw diskError(`reading spool file of ${this.#blob.digest}`, error);
      });
      if (bytesRead === 0) throw diskError(`reading spool file of ${this.#blob.digest}`, new Error(`the file ends at byte ${position}`));
      position += bytesRead;
      yield bytesRead === length ? buffer : buffer.subarray(0, bytesRead);
    }
  }

  /** Closes the file and leaves it for the next run. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  /** Deletes the file and everything that the journal says of it. */
  async remove(): Promise<void> {
    this.#journal.dropPieces(this.#blob.digest);
    await this.#handle.close();
    await rm(this.#path, { force: true });
  }

  async #checkPieces(): Promise<SpooledPiece[]> {
    const sound: SpooledPiece[] = [];
    const recorded = this.#journal.pieces(this.#blob.digest);
    for (const piece of recorded) if (isPlausible(piece, this.#blob.size) && (await this.#isSound(piece))) sound.push(piece);
    if (sound.length === recorded.length) return sound;
    this.#journal.dropPieces(this.#blob.digest);
    for (const piece of sound) this.#journal.addPiece(this.#blob.digest, piece);
    return sound;
  }

  async #isSound(piece: SpooledPiece): Promise<boolean> {
    const { size } = await this.#handle.stat();
    if (size < piece.end) return false;
    let sum = 0;
    for await (const bytes of this.read(piece.start, piece.end)) sum = crc32(bytes, sum);
    return sum === piece.crc32;
  }
}
