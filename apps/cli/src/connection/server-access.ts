import { readFile } from "node:fs/promises";
import { isLoopback, type ServerAccess } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { Settings } from "../settings.ts";

/**
 * How to reach the control plane that `--server`, `--tls-ca` and `--token-file` name: TLS, unless the address is loopback and neither CA nor token is given.
 * @throws TransshipError `INVALID_ARGUMENT` for a file that cannot be read.
 */
export async function serverAccess(settings: Settings): Promise<ServerAccess> {
  const address = settings.required("server");
  const ca = await readSetting(settings, "tls-ca");
  const token = (await readSetting(settings, "token-file"))?.trim();
  const insecure = isLoopback(address) && ca === undefined && token === undefined;
  return { address, ca, token, insecure };
}

/** The content of the file that a setting names; undefined where it names none. */
export async function readSetting(settings: Settings, name: string): Promise<string | undefined> {
  const path = settings.text(name);
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TransshipError("INVALID_ARGUMENT", {
      what: `--${name} ${path}`,
      why,
      hint: "Name a file that exists and is readable.",
      cause,
    });
  }
}
