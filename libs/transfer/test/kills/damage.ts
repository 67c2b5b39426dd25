import { appendFileSync, closeSync, openSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openCheckpoint } from "@transship/checkpoint";
import type { DevRegistry } from "@transship/dev-registry";
import fc from "fast-check";
import { CHECKPOINT, spoolFiles } from "./life.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });

/** What a crash, a power cut or a person may do to a dead process's files, or time to its uploads. Shares are of a file or a list. */
export type Damage =
  /** The end of the blob's file was never written, or garbage was. */
  | { readonly kind: "torn-tail"; readonly share: number }
  | { readonly kind: "garbage-tail"; readonly bytes: number }
  /** A page in the middle was never written. */
  | { readonly kind: "lost-page"; readonly share: number }
  | { readonly kind: "spool-deleted" }
  /** Rows of the journal that a power cut took; the file is ahead of the journal then. */
  | { readonly kind: "rows-lost"; readonly share: number }
  /** The journal is ahead of the file: it names bytes that never came. */
  | { readonly kind: "rows-ahead"; readonly bytes: number }
  | { readonly kind: "journal-deleted"; readonly files: readonly string[] }
  | { readonly kind: "journal-overwritten" }
  /** The journal's word on the upload is of another session. */
  | { readonly kind: "upload-unknown" }
  /** The registry forgot its upload sessions. */
  | { readonly kind: "sessions-purged" };

/** Any damage. */
export const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant("torn-tail" as const), share }),
  fc.record({ kind: fc.constant("garbage-tail" as const), bytes: fc.integer({ min: 1, max: 5_000_000 }) }),
  fc.record({ kind: fc.constant("lost-page" as const), share }),
  fc.constant({ kind: "spool-deleted" as const }),
  fc.record({ kind: fc.constant("rows-lost" as const), share }),
  fc.record({ kind: fc.constant("rows-ahead" as const), bytes: fc.integer({ min: 1, max: 5_000_000 }) }),
  fc.record({ kind: fc.constant("journal-deleted" as const), files: fc.subarray(["", "-wal", "-shm"], { minLength: 1 }) }),
  fc.constant({ kind: "journal-overwritten" as const }),
  fc.constant({ kind: "upload-unknown" as const }),
  fc.constant({ kind: "sessions-purged" as const }),
);

/** Does the damage to what a dead process left in `directory`. */
export async function inflict(what: Damage, directory: string, target: DevRegistry): Promise<void> {
  const path = join(directory, CHECKPOINT);
  if (what.kind === "sessions-purged") for (const upload of target.storage.uploads()) await upload.cancel();
  else if (what.kind === "journal-deleted") for (const file of what.files) rmSync(`${path}${file}`, { force: true });
  else if (what.kind === "journal-overwritten") writeFileSync(path, "no database any more ".repeat(500));
  else if (what.kind === "rows-lost" || what.kind === "rows-ahead" || what.kind === "upload-unknown") changeRows(what, path, target);
  else for (const file of spoolFiles(directory)) changeFile(what, file);
}

function changeFile(what: Extract<Damage, { kind: "torn-tail" | "garbage-tail" | "lost-page" | "spool-deleted" }>, path: string): void {
  const { size } = statSync(path);
  if (what.kind === "spool-deleted") rmSync(path);
  else if (what.kind === "torn-tail") truncateSync(path, Math.floor(size * what.share));
  else if (what.kind === "garbage-tail") appendFileSync(path, Buffer.alloc(what.bytes, "garbage"));
  else {
    const file = openSync(path, "r+");
    writeSync(file, Buffer.alloc(4096), 0, 4096, Math.floor((size * what.share) / 4096) * 4096);
    closeSync(file);
  }
}

function changeRows(
  what: Extract<Damage, { kind: "rows-lost" | "rows-ahead" | "upload-unknown" }>,
  path: string,
  target: DevRegistry,
): void {
  using checkpoint = openCheckpoint({ path });
  const { journal } = checkpoint;
  for (const digest of journal.spooledDigests()) {
    const pieces = journal.pieces(digest);
    const place = { registry: target.url, repository: "app", digest };
    if (what.kind === "upload-unknown")
      journal.saveUpload(place, { location: `${target.url}/v2/app/blobs/uploads/gone?_state=x`, offset: 5 });
    else if (what.kind === "rows-ahead") {
      const end = pieces.at(-1)?.end ?? 0;
      journal.addPiece(digest, { start: end, end: end + what.bytes, crc32: 0xdead_beef });
    } else {
      journal.dropPieces(digest);
      for (const piece of pieces.slice(Math.ceil(pieces.length * what.share))) journal.addPiece(digest, piece);
    }
  }
}
