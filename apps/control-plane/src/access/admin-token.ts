import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { diskError, systemCode } from "@transship/errors";
import { hashToken, newToken } from "./tokens.ts";

/** File in the data directory with the admin's token. */
export const ADMIN_TOKEN_FILE = "admin.token";

/**
 * The hash of the admin token; makes the token, and its file (0600), where there is none. Deleting the file and starting again makes a new one.
 * @throws TransshipError `DATA_DIR_UNUSABLE`, `DISK_FULL`.
 */
export async function adminTokenHash(directory: string): Promise<string> {
  const file = join(directory, ADMIN_TOKEN_FILE);
  try {
    return hashToken((await readFile(file, "utf8")).trim());
  } catch (thrown) {
    if (systemCode(thrown) !== "ENOENT") throw diskError(`reading ${file}`, thrown);
  }
  const token = newToken("admin");
  await writeFile(file, `${token}\n`, { mode: 0o600, flag: "wx" }).catch((thrown: unknown) => {
    throw diskError(`writing ${file}`, thrown);
  });
  return hashToken(token);
}
