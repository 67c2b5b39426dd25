const MiB = 1024 * 1024;

/** Upper bounds for what a chart repository sends. Sizes in bytes. */
export const LIMITS = {
  /** Reading one takes half a second of computing per MiB, chart by chart. */
  indexBytes: 32 * MiB,
  /** Of an index that is not in the form that Helm writes, which is read in one piece. In characters. */
  wholeIndexCharacters: 2 * MiB,
  chartYamlBytes: 1 * MiB,
  /** An archive, and what it unpacks to: ChartMuseum takes 20 MiB unless told, Helm unpacks 100 MiB. */
  archiveBytes: 100 * MiB,
  unpackedBytes: 256 * MiB,
  /** Charts whose manifests are remembered, and the bytes of these. */
  rememberedCharts: 20_000,
  rememberedBytes: 64 * MiB,
} as const;
