import { createHash, randomBytes } from "node:crypto";

const PREFIX = { admin: "tsu_", agent: "tsa_" } as const;

/** A new bearer token of 256 random bits. The prefix tells scanners and people what leaked; nothing is decided by it. */
export function newToken(kind: keyof typeof PREFIX): string {
  return `${PREFIX[kind]}${randomBytes(32).toString("base64url")}`;
}

/** What is stored of a token. Tokens are random, so that a plain hash suffices, and finding them by hash takes the same time for every wrong one. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
