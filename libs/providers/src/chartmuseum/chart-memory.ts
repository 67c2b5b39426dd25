import type { Digest } from "@transship/oci";
import { LIMITS } from "./limits.ts";
import type { OciChart } from "./make-chart.ts";

/**
 * The OCI forms of charts by the digest of their archive, so that an archive is read once and not in every run. Holds for all chart repositories: what has the same
 * digest has the same form. Bounded; the one that was not used for the longest time makes way.
 */
export class ChartMemory {
  readonly #charts = new Map<Digest, OciChart>();
  readonly #bytesLimit: number;
  #bytes = 0;

  /** `bytes`: what all manifests and configs may have together. */
  constructor(bytes: number = LIMITS.rememberedBytes) {
    this.#bytesLimit = bytes;
  }

  get size(): number {
    return this.#charts.size;
  }

  find(archive: Digest): OciChart | undefined {
    const chart = this.#charts.get(archive);
    if (chart === undefined) return undefined;
    this.#charts.delete(archive);
    this.#charts.set(archive, chart);
    return chart;
  }

  keep(chart: OciChart): void {
    if (this.#charts.has(chart.archive.digest)) return;
    this.#charts.set(chart.archive.digest, chart);
    this.#bytes += weightOf(chart);
    for (const [digest, oldest] of this.#charts) {
      if (this.#bytes <= this.#bytesLimit && this.#charts.size <= LIMITS.rememberedCharts) return;
      this.#charts.delete(digest);
      this.#bytes -= weightOf(oldest);
    }
  }
}

function weightOf({ manifest, config }: OciChart): number {
  return manifest.size + config.bytes.byteLength;
}
