import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";

/** Linux makes it anew at every boot, and containers of one machine share it. */
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/**
 * Names the place of a file that one process locks at a time: the machine since it booted, and the file itself, not its path. Two processes that give the same name
 * cannot hold the lock at once. A copy of the file has another name, on the same machine too. Where the system has no boot id the machine goes by its host name.
 */
export function homeOf(lockedFile: string): string {
  const { dev, ino } = statSync(lockedFile, { bigint: true });
  return createHash("sha256").update(`${machine()}\n${dev}\n${ino}`).digest("hex").slice(0, 32);
}

function machine(): string {
  try {
    return readFileSync(BOOT_ID, "utf8").trim();
  } catch {
    return hostname();
  }
}
