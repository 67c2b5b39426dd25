import { readFile } from "node:fs/promises";
import { isLoopback, type ServerAccess } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { Settings } from "../settings.ts";

/**
 * How to reach the control plane at `address`, by `--tls-ca`, `--tls-cert`, `--tls-key` and `--token-file`: TLS, unless the address is loopback and none of them is given.
 * @throws TransshipError `INVALID_ARGUMENT` for a file that cannot be read, and for a certificate without its key.
 */
export async function serverAccess(settings: Settings, address = settings.required("server")): Promise<ServerAccess> {
  const [ca, client, token] = await Promise.all([
    readSetting(settings, "tls-ca"),
    readKeyPair(settings),
    readSetting(settings, "token-file"),
  ]);
  const insecure = isLoopback(address) && ca === undefined && client === undefined && token === undefined;
  return { address, ca, client, token: token?.trim(), insecure };
}

/** The certificate and key that `--tls-cert` and `--tls-key` name: both or none. @throws TransshipError `INVALID_ARGUMENT`. */
export async function readKeyPair(settings: Settings): Promise<{ cert: string; key: string } | undefined> {
  const [cert, key] = await Promise.all([readSetting(settings, "tls-cert"), readSetting(settings, "tls-key")]);
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert === undefined && key === undefined) return undefined;
  const [given, missing] = cert === undefined ? ["--tls-key", "--tls-cert"] : ["--tls-cert", "--tls-key"];
  throw new TransshipError("INVALID_ARGUMENT", {
    what: given,
    why: `is given without ${missing}`,
    hint: `Give the other one too, or set TRANSSHIP_${missing.slice(2).replace("-", "_").toUpperCase()}.`,
  });
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
