import type { OnReadOpts, Socket } from "node:net";

/** Bytes that a socket reads at a time at most. Node's own 64 KiB cost four times as many turns of everything that a chunk passes through. */
const READ_BYTES = 256 * 1024;
/** What is left of a buffer is read into as well, as long as it has so many bytes. */
const LEAST_BYTES = 64 * 1024;

/** Socket options for plain connections that carry bodies: they read into large buffers, which short reads share. */
export function readInLargePieces(): { readonly onread: OnReadOpts; readonly highWaterMark: number } {
  let rest: Buffer | undefined;
  return {
    highWaterMark: READ_BYTES,
    onread: {
      // Asked when a connection opens, and right after each callback.
      buffer: () => {
        const buffer = rest ?? Buffer.allocUnsafeSlow(READ_BYTES);
        rest = undefined;
        return buffer;
      },
      // Node calls it on the socket; what it pushes is read as from any other stream.
      callback(this: Socket, length: number, buffer: Uint8Array): boolean {
        const filled = buffer as Buffer;
        const wantsMore = this.push(filled.subarray(0, length));
        if (filled.byteLength - length >= LEAST_BYTES) rest = filled.subarray(length);
        return wantsMore;
      },
    } as OnReadOpts,
  };
}
