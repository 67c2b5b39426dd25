import type { ByteRange } from "@transship/oci";
import type { SpooledPiece } from "../journal.ts";

/** The parts of a blob that `pieces` do not cover, in order. Pieces may overlap and come in any order. */
export function gaps(pieces: readonly ByteRange[], size: number): ByteRange[] {
  const missing: ByteRange[] = [];
  let position = 0;
  for (const piece of inOrder(pieces)) {
    if (piece.start > position) missing.push({ start: position, end: piece.start });
    position = Math.max(position, piece.end);
  }
  if (position < size) missing.push({ start: position, end: size });
  return missing;
}

/** How far the pieces reach from the start without a gap. */
export function prefixEnd(pieces: readonly ByteRange[]): number {
  let position = 0;
  for (const piece of inOrder(pieces)) {
    if (piece.start > position) break;
    position = Math.max(position, piece.end);
  }
  return position;
}

/** Bytes that the pieces cover, each once. */
export function coveredBytes(pieces: readonly ByteRange[], size: number): number {
  return size - gaps(pieces, size).reduce((sum, gap) => sum + gap.end - gap.start, 0);
}

/** Whether a piece that was stored can belong to a blob of `size` bytes. */
export function isPlausible(piece: SpooledPiece, size: number): boolean {
  return (
    Number.isSafeInteger(piece.start) && Number.isSafeInteger(piece.end) && piece.start >= 0 && piece.start < piece.end && piece.end <= size
  );
}

function inOrder(pieces: readonly ByteRange[]): ByteRange[] {
  return [...pieces].sort((a, b) => a.start - b.start);
}
