export type { Call, RegistryClient } from "./client.ts";
export { type ClientCertificate, checkClientCertificate } from "./client-certificate.ts";
export type { Credential, CredentialSource } from "./credential.ts";
export {
  createDigestHash,
  type Digest,
  type DigestAlgorithm,
  digestAlgorithm,
  digestHex,
  digestOf,
  hashDigest,
  isDigest,
  parseDigest,
} from "./digest.ts";
export { type DockerCredentials, type DockerEnvironment, loadDockerCredentials } from "./docker-credentials.ts";
export type { Method, RequestEvent, RequestObserver } from "./exchange.ts";
export { openLayout } from "./layout/open-layout.ts";
export { type Descriptor, type Manifest, manifestMediaType, type ParsedManifest, type Platform, parseManifest } from "./manifest.ts";
export { MEDIA_TYPES } from "./media-types.ts";
export { checkRepositoryName, checkTag, repositoryFault, tagFault } from "./names.ts";
export {
  type OpenClient,
  openClient,
  openReach,
  openRegistry,
  type RegistryOptions,
} from "./open-registry.ts";
export { type HttpProxy, type ProxyFor, proxyFromEnvironment } from "./proxy.ts";
export type { OpenReach } from "./reach.ts";
export { readBytes } from "./read-blob.ts";
export {
  formatReference,
  type ImageReference,
  isLocalHost,
  type LayoutReference,
  parseReference,
  type RegistryReference,
  registryUrl,
} from "./reference.ts";
export { addReferrer, referrerDescriptor, referrersTag } from "./referrers.ts";
export type {
  BlobRead,
  BlobUpload,
  ByteRange,
  CallOptions,
  ManifestPut,
  Referrers,
  Registry,
  Repository,
  UploadSession,
} from "./repository.ts";
export type { Timeouts } from "./timeouts.ts";
