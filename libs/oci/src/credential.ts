/** How to log in to one registry. Never sent to any other origin than the registry's and its token server's. */
export type Credential =
  | { readonly username: string; readonly password: string }
  /** A refresh token that the token server exchanges (`docker login` to ACR and others; OAuth2 `refresh_token`). */
  | { readonly identityToken: string }
  /** A bearer token that the registry takes as it is. */
  | { readonly registryToken: string };

/** A credential, or where to get one: asked once, and again when the registry says that the last one has expired. */
export type CredentialSource = Credential | ((options: { signal?: AbortSignal | undefined }) => Promise<Credential | undefined>);

/** Keeps the credential of one registry and renews it where it comes from a function. */
export class CredentialHolder {
  readonly #source: CredentialSource | undefined;
  #current: Promise<Credential | undefined> | undefined;

  constructor(source: CredentialSource | undefined) {
    this.#source = source;
  }

  /** Whether {@link renew} can bring anything new. */
  get renewable(): boolean {
    return typeof this.#source === "function";
  }

  async get(signal?: AbortSignal | undefined): Promise<Credential | undefined> {
    const source = this.#source;
    if (typeof source !== "function") return source;
    this.#current ??= source({ signal });
    const pending = this.#current;
    try {
      return await pending;
    } catch (thrown) {
      if (this.#current === pending) this.#current = undefined;
      throw thrown;
    }
  }

  /** Forgets the credential unless somebody else has renewed it since `used` was given out. */
  async renew(used: Credential | undefined, signal?: AbortSignal | undefined): Promise<Credential | undefined> {
    if ((await this.get(signal)) === used) this.#current = undefined;
    return await this.get(signal);
  }
}

/** Who logs in, for error texts: `user "ci"`, never a secret. */
export function describeCredential(credential: Credential | undefined): string {
  if (credential === undefined) return "an anonymous client";
  if ("username" in credential) return `user "${credential.username}"`;
  return "identityToken" in credential ? "the identity token" : "the registry token";
}

/** The value of a Basic `Authorization` header (RFC 7617, UTF-8). */
export function basicAuthorization(credential: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`, "utf8").toString("base64")}`;
}
