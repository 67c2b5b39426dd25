import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";

/** One request as a TLS server of a test got it. */
export interface TlsRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Common name of the client's certificate; undefined where none was shown. */
  readonly client: string | undefined;
}

/** A TLS server of a test on loopback that asks its clients for certificates. */
export interface TlsServer extends AsyncDisposable {
  readonly port: number;
  readonly requests: TlsRequest[];
}

/** How it takes clients: `demand` is the PEM text of the only authority whose clients it lets in. */
export interface TlsServerOptions {
  readonly cert: string;
  readonly key: string;
  readonly demand?: string;
}

/** Starts it on a free port of 127.0.0.1. */
export async function serveTls(
  options: TlsServerOptions,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TlsServer> {
  const { demand, ...pair } = options;
  const requests: TlsRequest[] = [];
  const strict = demand === undefined ? { rejectUnauthorized: false } : { rejectUnauthorized: true, ca: demand };
  const server = createServer({ ...pair, requestCert: true, ...strict }, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    requests.push({ path: request.url ?? "", headers: request.headers, client: subject === undefined ? undefined : String(subject.CN) });
    request.resume();
    request.on("end", () => answer(request, response));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
