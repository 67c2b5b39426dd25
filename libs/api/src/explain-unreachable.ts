import { isIP, type Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { systemCode, TransshipError } from "@transship/errors";
import type { ServerAccess } from "./client.ts";

/** A look must not take long: it comes on top of a failure. */
const LOOK_MS = 2_000;

interface Explanation {
  readonly why: string;
  readonly hint: string;
}

const UNKNOWN_CA: Explanation = {
  why: "its certificate is signed by a CA that is not known here",
  hint: "Give the certificate of the control plane's CA with --tls-ca (or TRANSSHIP_TLS_CA).",
};
const NEEDS_CERTIFICATE: Explanation = {
  why: "it demands a client certificate",
  hint: "Give one that the control plane's CA signed with --tls-cert and --tls-key.",
};
const REFUSED_CERTIFICATE: Explanation = {
  why: "it does not accept the client certificate",
  hint: "Give a certificate with --tls-cert and --tls-key that is valid and signed by the CA that the control plane was given.",
};
const SPEAKS_TLS: Explanation = {
  why: "it speaks TLS, and was called without",
  hint: "Give its CA with --tls-ca and a token with --token-file.",
};
const SPEAKS_NO_TLS: Explanation = {
  why: "it does not speak TLS",
  hint: "Check the port; for a control plane without TLS on this machine leave out the CA, certificate and token.",
};

/** What Node and OpenSSL call what went wrong. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_CA,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_CA,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_CA,
  CERT_SIGNATURE_FAILURE: UNKNOWN_CA,
  CERT_HAS_EXPIRED: {
    why: "its certificate has expired",
    hint: "Give the control plane a new certificate, and check this machine's clock.",
  },
  CERT_NOT_YET_VALID: { why: "its certificate is not valid yet", hint: "Check the clocks of this machine and of the one that signed it." },
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: NEEDS_CERTIFICATE,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: REFUSED_CERTIFICATE,
  "ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE": REFUSED_CERTIFICATE,
  ERR_SSL_WRONG_VERSION_NUMBER: SPEAKS_NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: SPEAKS_NO_TLS,
};

/**
 * A failure to reach a control plane with its cause in words where TLS is the cause: gRPC often says no more than that it failed to connect. Looks by
 * shaking hands once, for two seconds at most; sends neither token nor call. Anything else is returned as it is.
 */
export async function explainUnreachable(access: ServerAccess, thrown: unknown): Promise<unknown> {
  const unreachable = thrown instanceof TransshipError && thrown.code === "CONTROL_PLANE_UNREACHABLE";
  if (!unreachable || access.address.startsWith("unix:")) return thrown;
  const found = await shakeHands(access);
  return found === undefined ? thrown : thrown.with(found);
}

async function shakeHands(access: ServerAccess): Promise<Explanation | undefined> {
  const { host, port } = partsOf(access.address);
  const secure = access.insecure !== true;
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const { promise, resolve } = Promise.withResolvers<Explanation | undefined>();
  const identity = secure ? { ca: access.ca, cert: access.client?.cert, key: access.client?.key } : {};
  const socket: TLSSocket = connect({ host, port, ...servername, ...identity, ALPNProtocols: ["h2"], rejectUnauthorized: secure });
  const timer = setTimeout(() => resolve(undefined), LOOK_MS);
  let shaken = false;
  socket.once("secureConnect", () => {
    shaken = true;
    if (!secure) resolve(SPEAKS_TLS);
  });
  // With TLS 1.3 a server judges the client's certificate after the handshake: Node hangs up without a word; a server that takes it sends its settings.
  socket.once("data", () => resolve(undefined));
  socket.once("end", () => resolve(shaken && access.client !== undefined ? REFUSED_CERTIFICATE : undefined));
  socket.once("close", () => resolve(undefined));
  socket.once("error", (error) => resolve(secure ? explanationOf(error, host) : undefined));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    endQuietly(socket);
  }
}

function explanationOf(error: Error, host: string): Explanation | undefined {
  const code = systemCode(error) ?? "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return {
      why: `its certificate is not for ${host}`,
      hint: "Use a name that is in the certificate, or make one with this name (subjectAltName).",
    };
  }
  return EXPLANATIONS[code];
}

function endQuietly(socket: Socket): void {
  socket.on("error", () => undefined);
  socket.destroy();
}

function partsOf(address: string): { host: string; port: number } {
  const match = /^(?:dns:(?:\/\/\/)?)?(.*?)(?::(\d+))?$/.exec(address);
  return { host: (match?.[1] ?? "").replace(/^\[(.*)\]$/, "$1"), port: Number(match?.[2] ?? 443) };
}
