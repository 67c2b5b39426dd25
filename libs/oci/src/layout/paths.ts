import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { diskError } from "@transship/errors";
import { type Digest, digestAlgorithm, digestHex } from "../digest.ts";

/** Where a blob lies in a layout (OCI image-layout 1.0). Only checked digests get into a path. */
export function blobPath(directory: string, digest: Digest): string {
  return join(directory, "blobs", digestAlgorithm(digest), digestHex(digest));
}

/** Uploads in progress: beside the blobs so that they can be renamed into place, and hidden so that other tools pass over them. */
export function uploadsPath(directory: string): string {
  return join(directory, "blobs", ".uploads");
}

/** Writes a file so that readers and a power cut see the old or the new content, never a part. Throws `DISK_FULL`, `DATA_DIR_UNUSABLE`. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    await using file = await open(temporary, "wx");
    await file.writeFile(bytes);
    await file.sync();
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw diskError(`writing ${path}`, thrown);
  }
  await rename(temporary, path);
}
