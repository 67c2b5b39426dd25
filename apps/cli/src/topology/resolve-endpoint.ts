import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Path } from "./issue.ts";
import { isPlain, KEPT_SECRET, type Mistake, mistake, type Plain, readSecret, type Surroundings } from "./read-secret.ts";

/** An endpoint with the files and secrets that it names read in. */
export async function resolveEndpoint(endpoint: unknown, path: Path, around: Surroundings, mistakes: Mistake[]): Promise<unknown> {
  if (!isPlain(endpoint)) return endpoint;
  const read = (part: Plain, file: string, into: string, from: Path) => readText(part, file, into, from, around, mistakes);
  const resolved = await read(endpoint, "caFile", "ca", path);
  if (isPlain(resolved.proxyCredential))
    resolved.proxyCredential = await readSecret(resolved.proxyCredential, "password", [...path, "proxyCredential"], around, mistakes);
  if (isPlain(resolved.clientCertificate)) {
    const here = [...path, "clientCertificate"];
    const { privateKey, ...given } = resolved.clientCertificate;
    if (privateKey !== undefined)
      mistake(mistakes, [...here, "privateKey"], "a key is not kept in topology files; use `keyFile`", undefined);
    const certificate = await read(given, "certificateFile", "certificate", here);
    resolved.clientCertificate = checkPair(
      { privateKey: KEPT_SECRET, ...(await read(certificate, "keyFile", "privateKey", here)) },
      here,
      mistakes,
    );
  }
  return resolved;
}

/** A mapping with the text of the file that one of its fields names in another field. */
async function readText(part: Plain, file: string, into: string, path: Path, around: Surroundings, mistakes: Mistake[]): Promise<Plain> {
  if (!(file in part)) return { ...part };
  const { [file]: name, ...rest } = part;
  const here = [...path, file];
  const wrong = (message: string) => mistake(mistakes, here, message, rest) as Plain;
  if (typeof name !== "string") return wrong("must be the name of a file");
  if (into in rest) return wrong(`give either \`${into}\` or \`${file}\``);
  try {
    return { ...rest, [into]: await readFile(resolve(around.directory, name), "utf8") };
  } catch (error) {
    return wrong((error as Error).message);
  }
}

/** A certificate and a key that go together; found out here, where the files are, and not by an agent far away. */
function checkPair(pair: Plain, path: Path, mistakes: Mistake[]): Plain {
  const { certificate, privateKey } = pair;
  if (typeof certificate !== "string" || typeof privateKey !== "string" || privateKey === KEPT_SECRET) return pair;
  const wrong = (field: string, message: string) =>
    mistake(mistakes, [...path, field], message, { ...pair, privateKey: KEPT_SECRET }) as Plain;
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return wrong("certificateFile", "holds no certificate that can be read (PEM)");
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(privateKey);
  } catch {
    return wrong("keyFile", "holds no private key that can be read (PEM, not encrypted)");
  }
  return parsed.checkPrivateKey(key) ? pair : wrong("keyFile", "is not the key of this certificate");
}
