export type { Action, AuthOptions, RegistryUser } from "./auth/auth-options.ts";
export { chartArchive } from "./chart-museum/chart-archive.ts";
export { type ChartMuseum, type ChartMuseumOptions, type ChartSpec, startChartMuseum } from "./chart-museum/start-chart-museum.ts";
export { type ConnectProxy, type ConnectProxyOptions, startConnectProxy, type Tunnelled } from "./connect-proxy.ts";
export { type DevRegistry, type DevRegistryOptions, startDevRegistry } from "./dev-registry.ts";
export { digestOf } from "./digest.ts";
export { DEFAULT_OPERATIONS, type FaultAction, type FaultKind, type FaultMatch, type FaultRule } from "./faults/fault.ts";
export { FAULT_NAMES, type FaultName } from "./faults/fault-names.ts";
export type { Fault, FaultPlan } from "./faults/fault-plan.ts";
export { describeFaults, FAULT_CONDITIONS, parseFault } from "./faults/parse-fault.ts";
export { OPERATIONS, type Operation } from "./route.ts";
export { type DevRegistryFlags, parseListen, runDevRegistry } from "./run-dev-registry.ts";
export { type Descriptor, MEDIA_TYPES, type Platform } from "./seed/descriptor.ts";
export { type ArtifactSpec, type BlobSpec, type Seeded, seedArtifact, seedBlob, seedBytes } from "./seed/seed-content.ts";
export { type ImageSpec, type SeededImage, seedImage } from "./seed/seed-image.ts";
export {
  type ReferrerSpec,
  referrersTag,
  seedChart,
  seedCosignTag,
  seedReferrer,
  seedReferrersTag,
} from "./seed/seed-referrer.ts";
export { PROFILES, type ProfileName, type Settings } from "./settings.ts";
export type { RequestRecord, Stats } from "./stats.ts";
export type { Catalogue, ManifestRecord } from "./storage/catalogue.ts";
export type { CatalogueRecipe } from "./storage/computed-storage.ts";
export { DirectoryStorage } from "./storage/directory-storage.ts";
export { MemoryStorage } from "./storage/memory-storage.ts";
export type { Storage, StoredManifest, Upload } from "./storage/storage.ts";
export { randomBytesOf, type SyntheticBlob, syntheticBlob } from "./storage/synthetic-blob.ts";
