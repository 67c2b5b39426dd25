import { createSecureContext } from "node:tls";
import { TransshipError } from "@transship/errors";

/** What a client proves itself with in the TLS handshake: PEM texts, the certificate with what is between it and its authority. */
export interface ClientCertificate {
  readonly certificate: string;
  /** Not encrypted. */
  readonly privateKey: string;
}

/** Throws `INVALID_ARGUMENT` for a certificate or key that cannot be read, or that do not belong together. The texts are not repeated. */
export function checkClientCertificate({ certificate, privateKey }: ClientCertificate): void {
  try {
    createSecureContext({ cert: certificate, key: privateKey });
  } catch (thrown) {
    const why = (thrown as Error).message.replace(/\s+/g, " ").slice(0, 200);
    throw new TransshipError("INVALID_ARGUMENT", {
      what: "the client certificate",
      why: `it cannot be used with its key (${why})`,
      hint: "Give a PEM certificate and its own PEM key, not encrypted.",
    });
  }
}
