import { execFile } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";

const run = promisify(execFile);
const MIB = 1024 * 1024;

/** A directory on a file system of its own that is small enough to be filled. Disposing unmounts it. */
export interface SmallDisk extends AsyncDisposable {
  /**
   * Takes all space that is left; resolves with the bytes taken, once the disk has refused more (`ENOSPC`). `database` is a SQLite file on it, whose write-ahead log
   * is emptied first: otherwise it would take new pages into the space that it has had all along.
   */
  fill(database: string): Promise<number>;
  /** Gives it back. */
  free(): Promise<void>;
}

/** Mounts a tmpfs of so many MiB; undefined where this process may not mount. */
export async function mountSmallDisk(directory: string, mebibytes: number): Promise<SmallDisk | undefined> {
  await mkdir(directory, { recursive: true });
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m,mode=0700`, "transship-chaos", directory]);
  } catch {
    return undefined;
  }
  const ballast = join(directory, "ballast");
  return {
    fill: async (database) => {
      emptyWriteAheadLog(join(directory, database));
      return fill(ballast);
    },
    free: () => rm(ballast, { force: true }),
    // Lazily: a process that was just killed may not have let go yet.
    [Symbol.asyncDispose]: async () => void (await run("umount", ["-l", directory])),
  };
}

function emptyWriteAheadLog(file: string): void {
  using database = new DatabaseSync(file, { timeout: 1_000 });
  database.exec("pragma wal_checkpoint(truncate)");
}

/** Writes until there is no space, in pieces that get smaller, so that not even a page is left. */
async function fill(path: string): Promise<number> {
  await using file = await open(path, "w");
  let taken = 0;
  for (let piece = MIB; piece >= 1; ) {
    try {
      taken += (await file.write(Buffer.alloc(piece))).bytesWritten;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== "ENOSPC") throw thrown;
      piece = Math.floor(piece / 4);
    }
  }
  return taken;
}
