export type { BlobReport, Rung, Way } from "./blob-account.ts";
export type { CopyOptions, CopyProgress, CopyRequest, CopyResult } from "./copy-request.ts";
export { type CopyEngine, createCopyEngine, type EngineOptions } from "./engine.ts";
export type { BlobPlace, Journal, SpooledPiece, UploadCheckpoint } from "./journal.ts";
export { InMemoryJournal } from "./memory-journal.ts";
export { Patience, tryPatiently } from "./patience.ts";
export { type ArtifactTree, type ManifestNode, walkArtifact } from "./walk-artifact.ts";
