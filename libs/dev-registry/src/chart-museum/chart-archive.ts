import { gzipSync } from "node:zlib";

const BLOCK = 512;

/** The archive of a Helm chart (`helm package`): a gzip tar with its files below a folder of the chart's name. The same files give the same bytes. */
export function chartArchive(name: string, files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const entries = Object.entries(files).flatMap(([path, content]) => tarEntry(`${name}/${path}`, Buffer.from(content)));
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]));
}

/** A header of POSIX ustar, the content, and its padding. */
function tarEntry(path: string, content: Buffer): Buffer[] {
  const header = Buffer.alloc(BLOCK);
  header.write(path, 0, 100);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${content.byteLength.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.fill(" ", 148, 156);
  header.write("0", 156);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return [header, content, Buffer.alloc((BLOCK - (content.byteLength % BLOCK)) % BLOCK)];
}
