import { createHash, type Hash } from "node:crypto";
import { TransshipError } from "@transship/errors";

declare const brand: unique symbol;

/** A content digest that was checked: `sha256:` + 64 or `sha512:` + 128 lower-case hex digits. Safe in a path or URL. Made only by this file. */
export type Digest = string & { readonly [brand]: "Digest" };

/** The algorithms that OCI image-spec 1.1 registers and that registries accept. */
export type DigestAlgorithm = "sha256" | "sha512";

const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Whether a text is a digest of a known algorithm with the exact length (OCI image-spec 1.1, "Digests"). */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** A text as a digest. Throws `INVALID_ARGUMENT` for anything else: unknown algorithms, wrong lengths, upper-case hex. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new TransshipError("INVALID_ARGUMENT", { what: `digest "${text.slice(0, 160)}"`, why: faultOf(text) });
}

function faultOf(text: string): string {
  const separator = text.indexOf(":");
  if (separator < 0) return "a digest has the form sha256:<hex>";
  const algorithm = text.slice(0, separator);
  const encoded = text.slice(separator + 1);
  if (algorithm !== "sha256" && algorithm !== "sha512") return "the algorithm is neither sha256 nor sha512";
  if (!/^[0-9a-f]*$/.test(encoded)) return "after the colon only the digits 0-9 and a-f are allowed";
  const length = algorithm === "sha256" ? 64 : 128;
  return `${algorithm} needs ${length} hex digits, not ${encoded.length}`;
}

/** The algorithm that a digest names. */
export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith("sha256:") ? "sha256" : "sha512";
}

/** The hex digits of a digest, without the algorithm. */
export function digestHex(digest: Digest): string {
  return digest.slice(7);
}

/** The digest of bytes that are in memory. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = "sha256"): Digest {
  return hashDigest(createHash(algorithm).update(bytes), algorithm);
}

/** A running hash of the digest's algorithm, for bytes that stream by; finish it with {@link hashDigest}. */
export function createDigestHash(digest: Digest): Hash {
  return createHash(digestAlgorithm(digest));
}

/** The digest that a running hash has come to; the hash cannot be used afterwards. */
export function hashDigest(hash: Hash, algorithm: DigestAlgorithm): Digest {
  return `${algorithm}:${hash.digest("hex")}` as Digest;
}
