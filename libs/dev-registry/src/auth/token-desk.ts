import { randomBytes } from "node:crypto";
import type { RegistryUser } from "./auth-options.ts";

/** What a token allows: `repository:<name>` or `registry:catalog` → actions. */
export type Grants = ReadonlyMap<string, ReadonlySet<string>>;

interface Token {
  readonly grants: Grants;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The tokens that a registry gave out. */
export class TokenDesk {
  readonly #tokens = new Map<string, Token>();
  readonly #refresh = new Map<string, RegistryUser>();

  issue(grants: Grants, seconds: number): string {
    const token = randomBytes(24).toString("base64url");
    this.#tokens.set(token, { grants, expiresAt: Date.now() + seconds * 1000 });
    return token;
  }

  /** What a token allows now; undefined when it is unknown, revoked or too old. */
  grants(token: string): Grants | undefined {
    const found = this.#tokens.get(token);
    return found === undefined || found.expiresAt <= Date.now() ? undefined : found.grants;
  }

  revoke(token: string): void {
    this.#tokens.delete(token);
  }

  /** Makes every token given out so far worthless. */
  revokeAll(): void {
    this.#tokens.clear();
  }

  issueRefresh(user: RegistryUser): string {
    const token = randomBytes(24).toString("base64url");
    this.#refresh.set(token, user);
    return token;
  }

  refreshUser(token: string): RegistryUser | undefined {
    return this.#refresh.get(token);
  }
}

/** Reads `Authorization: Bearer`. */
export function readBearer(header: string | undefined): string | undefined {
  return /^bearer\s+(\S+)$/i.exec(header ?? "")?.[1];
}
