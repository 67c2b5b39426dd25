import { TransshipError } from "@transship/errors";
import { openClient, type Registry, type RegistryOptions } from "@transship/oci";
import type { ChartMemory } from "./chart-memory.ts";
import { ChartRepository } from "./chart-repository.ts";
import { ChartSource, INDEX_AGE_MS } from "./chart-source.ts";

/** Charts in one page of the catalogue. */
const PAGE = 1_000;

/** How to reach a chart repository. */
export interface ChartMuseumOptions extends RegistryOptions {
  /** As `helm repo add` takes it: `https://charts.example`, `https://harbor.example/chartrepo/library`. */
  readonly url: string;
  /** What is known of charts; outlives the connection. */
  readonly memory: ChartMemory;
}

/**
 * Opens a chart repository (ChartMuseum, Harbor before 2.8, any web server with an index.yaml) as a registry to copy from: charts are repositories, versions are tags, and
 * manifests are made of the archives. Nothing is sent before the first call. The caller disposes of it. Throws `INVALID_ARGUMENT`.
 */
export function openChartMuseum({ url, memory, ...options }: ChartMuseumOptions): Registry {
  const base = parseBase(url);
  // Helm sends its password unasked, so servers for Helm need not ask for one.
  const opened = openClient({ ...options, url: base.origin, passwordFirst: true });
  const source = new ChartSource(opened.client, base, memory);
  return {
    origin: base.href,
    async ping(call) {
      await source.index(INDEX_AGE_MS.fresh, call?.signal);
    },
    async *catalog(call) {
      const names = [...(await source.index(INDEX_AGE_MS.fresh, call?.signal)).keys()];
      for (let start = 0; start < names.length; start += PAGE) yield names.slice(start, start + PAGE);
    },
    repository: (name) => new ChartRepository(source, name),
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
    },
  };
}

function parseBase(text: string): URL {
  const url = URL.parse(text);
  const usable = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" && url.search === "";
  if (!usable)
    throw new TransshipError("INVALID_ARGUMENT", {
      what: `chart repository URL of ${url?.host ?? "no host"}`,
      why: "it has the form https://host[:port][/path], without user name and query",
    });
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}
