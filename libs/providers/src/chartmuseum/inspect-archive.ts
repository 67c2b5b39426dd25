import { createHash } from "node:crypto";
import { createGunzip } from "node:zlib";
import { TransshipError } from "@transship/errors";
import { type Digest, hashDigest } from "@transship/oci";
import { TarFinder } from "./find-in-tar.ts";
import { LIMITS } from "./limits.ts";

/** What is known of the archive of a chart. */
export interface ArchiveFacts {
  readonly digest: Digest;
  readonly size: number;
  /** The text of its Chart.yaml. */
  readonly chartYaml: string;
}

/** Charts lie in one folder of the archive; charts that they depend on lie deeper. */
const CHART_YAML = /^(?:\.\/)?[^/]+\/Chart\.yaml$/;

/**
 * Reads an archive once, to its end, and keeps only its Chart.yaml. `expected`: the digest that the index tells.
 * @throws TransshipError `DIGEST_MISMATCH`, `RESPONSE_MALFORMED` where it is no archive of a chart, `RESPONSE_TOO_LARGE`, and what reading throws.
 */
export async function inspectArchive(bytes: AsyncIterable<Uint8Array>, expected: Digest | undefined, what: string): Promise<ArchiveFacts> {
  const hash = createHash("sha256");
  let size = 0;
  const unpacking = new Unpacking(what);
  try {
    for await (const chunk of bytes) {
      size += chunk.byteLength;
      if (size > LIMITS.archiveBytes) throw tooLarge(what, LIMITS.archiveBytes);
      hash.update(chunk);
      await unpacking.push(chunk);
    }
    const digest = hashDigest(hash, "sha256");
    if (expected !== undefined && digest !== expected) throw mismatch(what, expected, digest);
    return { digest, size, chartYaml: await unpacking.chartYaml() };
  } finally {
    unpacking[Symbol.dispose]();
  }
}

/** The unpacking of an archive beside its hashing, up to Chart.yaml. Its failure is told at the end: bytes that have another digest than expected are the deeper cause. */
class Unpacking implements Disposable {
  readonly #what: string;
  readonly #gunzip = createGunzip();
  readonly #finder: TarFinder;
  readonly #ended: Promise<unknown>;
  #over = false;

  constructor(what: string) {
    this.#what = what;
    this.#finder = new TarFinder((name) => CHART_YAML.test(name), LIMITS.chartYamlBytes, what);
    this.#ended = this.#unpack().then(
      () => undefined,
      (thrown: unknown) => thrown ?? new Error("unpacking ended"),
    );
    void this.#ended.then(() => {
      this.#over = true;
    });
  }

  /** Resolves once there is room for more. */
  async push(chunk: Uint8Array): Promise<void> {
    if (this.#over || this.#gunzip.destroyed || this.#gunzip.write(chunk)) return;
    const drained = Promise.withResolvers<void>();
    this.#gunzip.once("drain", drained.resolve);
    await Promise.race([drained.promise, this.#ended]);
    this.#gunzip.off("drain", drained.resolve);
  }

  /** The text of Chart.yaml, after all bytes were pushed. */
  async chartYaml(): Promise<string> {
    if (!this.#over) this.#gunzip.end();
    const fault = await this.#ended;
    if (this.#finder.found !== undefined) return this.#finder.found.toString("utf8");
    if (fault === undefined) throw malformed(this.#what, "the archive has no Chart.yaml");
    if (fault instanceof TransshipError) throw fault;
    throw malformed(this.#what, `the archive is no gzip file: ${fault instanceof Error ? fault.message : String(fault)}`, fault);
  }

  [Symbol.dispose](): void {
    this.#gunzip.destroy();
  }

  async #unpack(): Promise<void> {
    let unpacked = 0;
    for await (const chunk of this.#gunzip as AsyncIterable<Uint8Array>) {
      unpacked += chunk.byteLength;
      if (unpacked > LIMITS.unpackedBytes) throw tooLarge(this.#what, LIMITS.unpackedBytes);
      this.#finder.push(chunk);
      if (this.#finder.found !== undefined) return;
    }
  }
}

function mismatch(what: string, expected: Digest, found: Digest): TransshipError {
  const why = `the index says ${expected} and the archive is ${found}`;
  const hint = "The chart was changed behind the index: have the source write its index anew, or push the chart again.";
  return new TransshipError("DIGEST_MISMATCH", { what, why, side: "source", digests: [expected, found], hint });
}

function malformed(what: string, why: string, cause?: unknown): TransshipError {
  return new TransshipError("RESPONSE_MALFORMED", { what, why, cause, hint: "Package the chart again and push it to the source." });
}

function tooLarge(what: string, limit: number): TransshipError {
  return new TransshipError("RESPONSE_TOO_LARGE", { what, why: `the archive has more than ${limit} bytes` });
}
