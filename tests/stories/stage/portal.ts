import { connect, createServer, type ListenOptions, type NetConnectOpts, type Socket } from "node:net";

/*
 * A door between network namespaces: whatever connects to one place is carried to another. Run inside a namespace as `node portal.ts FROM TO`; places are
 * `ADDRESS:PORT`, or the path of a Unix socket, which all namespaces of a machine share.
 */

const [from = "", to = ""] = process.argv.slice(2);

const server = createServer((near) => {
  const far = connect(placeOf(to) as NetConnectOpts);
  carry(near, far);
  carry(far, near);
});
server.listen(placeOf(from) as ListenOptions, () => process.stderr.write("ready\n"));

function carry(source: Socket, sink: Socket): void {
  source.setNoDelay(true);
  source.on("error", () => sink.destroy());
  source.pipe(sink);
}

function placeOf(text: string): { path: string } | { host: string; port: number } {
  if (text.startsWith("/")) return { path: text };
  const [host = "", port] = text.split(":");
  return { host, port: Number(port) };
}
