import { once } from "node:events";
import { type ClientHttp2Session, connect, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { wire } from "@transship/api";

/** A way to the control plane on which agents speak, and hear, as those did that do not say which process they are. */
export interface PreviousWire extends AsyncDisposable {
  /** `127.0.0.1:PORT`, for agents to connect to. */
  readonly address: string;
  /** What the agent's Hellos had that was taken out, by name of the field. */
  readonly taken: ReadonlySet<string>;
}

/** A relay before a control plane that takes out of every message what the previous version did not have. gRPC over HTTP/2 without TLS. */
export async function previousWire(controlPlane: string): Promise<PreviousWire> {
  const taken = new Set<string>();
  const sessions = new Set<ClientHttp2Session>();
  const server = createServer();
  server.on("stream", (near, headers) => {
    const session = connect(`http://${controlPlane}`);
    sessions.add(session);
    session.on("error", () => near.destroy());
    session.on("close", () => sessions.delete(session));
    relay(near, headers, session, taken);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      server.close();
    },
  };
}

function relay(near: ServerHttp2Stream, headers: IncomingHttpHeaders, session: ClientHttp2Session, taken: Set<string>): void {
  const far = session.request({ ...headers, ":authority": undefined }, { endStream: false });
  let trailers: IncomingHttpHeaders = {};
  for (const stream of [near, far]) stream.on("error", () => undefined);
  near.on(
    "data",
    framesTo(far, (message) => asBefore(message, taken)),
  );
  near.on("end", () => far.end());
  near.on("close", () => session.close());
  far.on("response", (answer) => near.respond(answer, { waitForTrailers: true }));
  far.on("trailers", (given) => {
    trailers = given;
  });
  near.on("wantTrailers", () => near.sendTrailers(withoutPseudo(trailers)));
  far.on(
    "data",
    framesTo(near, (message) => (wire.ControlMessage.decode(message).message?.$case === "challenge" ? undefined : message)),
  );
  far.on("end", () => near.end());
}

/** Cuts a stream into gRPC messages (a byte, a length of four, the message), changes each, and writes it. */
function framesTo(to: { write(bytes: Buffer): unknown }, change: (message: Buffer) => Uint8Array | undefined): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      const changed = change(rest.subarray(5, end));
      rest = rest.subarray(end);
      if (changed === undefined) continue;
      const head = Buffer.alloc(5);
      head.writeUInt32BE(changed.length, 1);
      to.write(Buffer.concat([head, changed]));
    }
  };
}

function asBefore(bytes: Buffer, taken: Set<string>): Uint8Array | undefined {
  const { message } = wire.AgentMessage.decode(bytes);
  if (message?.$case === "alive") return undefined;
  if (message?.$case !== "hello") return bytes;
  const { run, host, home, labels, ...before } = message.value;
  for (const [name, value] of Object.entries({ run, host, home, labels })) if (value !== undefined) taken.add(name);
  return wire.AgentMessage.encode({ message: { $case: "hello", value: { ...before, labels: {} } } }).finish();
}

function withoutPseudo(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(":")));
}
