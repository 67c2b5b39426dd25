import { createHash } from "node:crypto";
import { type BlobRead, type ByteRange, type Call, type CallOptions, type Digest, type RegistryClient, readBytes } from "@transship/oci";
import type { ChartMemory } from "./chart-memory.ts";
import { inspectArchive } from "./inspect-archive.ts";
import { LIMITS } from "./limits.ts";
import { makeChart, type OciChart } from "./make-chart.ts";
import { type ChartIndex, type ChartVersion, indexUrl, readIndex } from "./read-index.ts";
import { SingleFlight } from "./single-flight.ts";

/** How old an index may be, in milliseconds. `now`: for listings, whose repositories share one; `recent`: for looking up what a listing named. */
export const INDEX_AGE_MS = { fresh: 0, now: 2_000, recent: 30_000 } as const;

/** What a chart repository serves: its index, and archives. */
export class ChartSource {
  readonly #client: RegistryClient;
  readonly #memory: ChartMemory;
  /** The repository's URL, with a slash at its end. */
  readonly #base: URL;
  readonly #indexes = new SingleFlight<ChartIndex>();
  readonly #charts = new SingleFlight<OciChart>();
  /** Digests of archives that the index tells none of, as they were read last: where to look for them, not what they are. */
  readonly #seen = new Map<string, Digest>();
  #newest: { readonly at: number; readonly hash: string; readonly index: ChartIndex } | undefined;

  constructor(client: RegistryClient, base: URL, memory: ChartMemory) {
    this.#client = client;
    this.#base = base;
    this.#memory = memory;
  }

  get url(): URL {
    return this.#base;
  }

  /** The index, read anew where it is older than `ageMs`. @throws TransshipError as `readIndex`, and whatever the server refuses it with. */
  async index(ageMs: number, signal: AbortSignal | undefined): Promise<ChartIndex> {
    const newest = this.#newest;
    if (newest !== undefined && performance.now() - newest.at < ageMs) return newest.index;
    return await this.#indexes.run("", () => this.#fetchIndex(), signal);
  }

  /** The OCI form of a version, from memory where the index tells the digest of its archive. */
  async chart(name: string, version: ChartVersion, signal: AbortSignal | undefined): Promise<OciChart> {
    const known = version.archive && this.#memory.find(version.archive);
    return known ?? (await this.#charts.run(`${version.archive} ${version.url.href}`, () => this.#read(name, version), signal));
  }

  /** The OCI form of a version where no request is needed for it. */
  remembered(version: ChartVersion): OciChart | undefined {
    const archive = version.archive ?? this.#seen.get(version.url.href);
    return archive && this.#memory.find(archive);
  }

  /** Reads bytes of an archive, from where the index says it is. */
  readArchive(
    url: URL,
    blob: { readonly digest: Digest; readonly size: number },
    range: ByteRange,
    options: CallOptions,
  ): Promise<BlobRead> {
    const call = this.#archiveCall(`reading chart ${blob.digest} from ${url.pathname}`, url, options.signal);
    return readBytes(this.#client, call, blob.size, range);
  }

  async #fetchIndex(): Promise<ChartIndex> {
    const url = indexUrl(this.#base);
    const call: Call = { operation: "charts.index", what: `reading ${url.href}`, method: "GET", url, subject: "registry", scopes: [] };
    const at = performance.now();
    const answer = await this.#client.send(call);
    if (answer.status !== 200) throw await this.#client.refusal(call, answer);
    const bytes = await this.#client.read(call, answer, LIMITS.indexBytes);
    const hash = createHash("sha256").update(bytes).digest("base64");
    const index = this.#newest?.hash === hash ? this.#newest.index : await readIndex(new TextDecoder().decode(bytes), this.#base);
    this.#newest = { at, hash, index };
    return index;
  }

  async #read(name: string, { version, url, archive }: ChartVersion): Promise<OciChart> {
    const what = `reading chart ${name} ${version}`;
    const call = this.#archiveCall(what, url, undefined);
    const answer = await this.#client.send(call);
    if (answer.status !== 200) throw await this.#client.refusal(call, answer);
    const chart = makeChart(await inspectArchive(answer.body.chunks(), archive, what), what);
    this.#memory.keep(chart);
    if (archive === undefined) this.#seen.set(url.href, chart.archive.digest);
    return chart;
  }

  /** The credential goes to the repository's own origin only; other places are held to the rules of redirects. */
  #archiveCall(what: string, url: URL, signal: AbortSignal | undefined): Call {
    this.#client.guard.checkRedirect(url, "the index of the chart repository");
    return { operation: "charts.archive", what, method: "GET", url, subject: "blob", scopes: [], signal, download: true };
  }
}
