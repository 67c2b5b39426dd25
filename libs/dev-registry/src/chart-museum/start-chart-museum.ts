import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { chartArchive } from "./chart-archive.ts";

/** A version of a chart, and what the index is to say of it. */
export interface ChartSpec {
  readonly name: string;
  readonly version: string;
  /** Lines of Chart.yaml after name and version. */
  readonly chartYaml?: string;
  /** Further files by path below the chart's folder. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Instead of what `helm package` would make. */
  readonly archive?: Uint8Array;
  /** `none`: the index does not tell it. `wrong`: it tells another. */
  readonly digest?: "none" | "wrong";
  /** Instead of a relative URL. `own`: absolute, as ChartMuseum writes it with `--chart-url`. */
  readonly url?: "own" | string;
}

export interface ChartMuseumOptions {
  /** Where the repository begins: `/chartrepo/library` for a project of Harbor before 2.8. Absent = the root, as ChartMuseum has it. */
  readonly path?: string;
  /** Who may read; absent = everybody. */
  readonly user?: { readonly username: string; readonly password: string };
}

/** A Helm chart repository in this process, as ChartMuseum serves it: index.yaml and archives, which are given without ranges. */
export interface ChartMuseum extends AsyncDisposable {
  /** As `helm repo add` takes it. */
  readonly url: string;
  /** Requests that were answered, in order: `GET /index.yaml 200`. */
  readonly requests: string[];
  /** Served instead of the index. */
  broken: { readonly status?: number; readonly body: string } | undefined;
  /** Adds a version, or puts another archive in its place, and returns the archive. */
  add(spec: ChartSpec): Buffer;
  remove(name: string, version: string): void;
}

interface Kept {
  readonly spec: ChartSpec;
  readonly archive: Buffer;
}

/** Starts a chart repository on a free port of loopback. */
export async function startChartMuseum({ path = "", user }: ChartMuseumOptions = {}): Promise<ChartMuseum> {
  const kept = new Map<string, Kept>();
  const requests: string[] = [];
  const login = user && `Basic ${Buffer.from(`${user.username}:${user.password}`).toString("base64")}`;
  const server = createServer((request, response) => {
    const [status, body] =
      login !== undefined && request.headers.authorization !== login ? [401, '{"error":"unauthorized"}'] : find(request);
    requests.push(`${request.method} ${request.url} ${status}`);
    answer(response, status, body);
  });
  const find = (request: IncomingMessage): [number, string | Buffer] => {
    const url = request.url ?? "";
    if (url === `${path}/index.yaml`)
      return museum.broken ? [museum.broken.status ?? 200, museum.broken.body] : [200, indexOf(kept, museum.url)];
    const chart = kept.get(decodeURIComponent(url.slice(`${path}/charts/`.length)));
    return url.startsWith(`${path}/charts/`) && chart !== undefined ? [200, chart.archive] : [404, '{"error":"not found"}'];
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const museum: ChartMuseum = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    requests,
    broken: undefined,
    add(spec) {
      const { name, version, chartYaml = "", files = {} } = spec;
      const yaml = `apiVersion: v2\nname: ${name}\nversion: ${version}\n${chartYaml}`;
      const archive = Buffer.from(spec.archive ?? chartArchive(name, { "Chart.yaml": yaml, ...files }));
      kept.set(fileOf(spec), { spec, archive });
      return archive;
    },
    remove: (name, version) => void kept.delete(fileOf({ name, version })),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return museum;
}

function fileOf({ name, version }: Pick<ChartSpec, "name" | "version">): string {
  return `${name}-${version}.tgz`;
}

/** The newest first, as they were added, in the form that Helm writes. */
function indexOf(kept: ReadonlyMap<string, Kept>, base: string): string {
  const charts = Map.groupBy([...kept.values()].reverse(), ({ spec }) => spec.name);
  const lines = [...charts].sort().flatMap(([name, versions]) => [`  ${name}:`, ...versions.flatMap((one) => entryOf(one, base))]);
  const entries = lines.length === 0 ? ["entries: {}"] : ["entries:", ...lines];
  return ["apiVersion: v1", ...entries, 'generated: "2026-11-21T10:00:00Z"', "serverInfo: {}", ""].join("\n");
}

function entryOf({ spec, archive }: Kept, base: string): string[] {
  const hex = createHash("sha256")
    .update(spec.digest === "wrong" ? "another" : archive)
    .digest("hex");
  const relative = `charts/${fileOf(spec)}`;
  const url = spec.url === undefined ? relative : spec.url === "own" ? `${base}/${relative}` : spec.url;
  return [
    "  - apiVersion: v2",
    '    created: "2026-11-20T10:00:00Z"',
    ...(spec.digest === "none" ? [] : [`    digest: ${hex}`]),
    `    name: ${spec.name}`,
    "    urls:",
    `    - ${url}`,
    `    version: ${spec.version}`,
  ];
}

function answer(response: ServerResponse, status: number, body: string | Buffer): void {
  const type = typeof body === "string" ? (status === 200 ? "application/x-yaml" : "application/json") : "application/x-tar";
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}
