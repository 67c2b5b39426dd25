import type { BlobRead, Registry, Repository } from "@transship/oci";
import type { ByteThrottle } from "./byte-throttle.ts";
import { MeteredBytes } from "./metered-bytes.ts";

/** The same registry whose blobs are read at the pace of a throttle: what is paced is whose work it is, where a gate paces whom it is done with. */
export function paceRegistry(registry: Registry, throttle: ByteThrottle): Registry {
  return {
    origin: registry.origin,
    ping: (options) => registry.ping(options),
    catalog: (options) => registry.catalog(options),
    repository: (name) => paceRepository(registry.repository(name), throttle),
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}

function paceRepository(inner: Repository, throttle: ByteThrottle): Repository {
  const { openAhead } = inner;
  return {
    registry: inner.registry,
    name: inner.name,
    tags: (options) => inner.tags(options),
    resolve: (reference, options) => inner.resolve(reference, options),
    manifest: (reference, options) => inner.manifest(reference, options),
    putManifest: (reference, manifest, options) => inner.putManifest(reference, manifest, options),
    deleteManifest: (reference, options) => inner.deleteManifest(reference, options),
    referrers: (digest, options) => inner.referrers(digest, options),
    hasBlob: (digest, options) => inner.hasBlob(digest, options),
    async readBlob(blob, range, options = {}): Promise<BlobRead> {
      const read = await inner.readBlob(blob, range, options);
      return { ...read, bytes: new MeteredBytes(read.bytes, throttle, options.signal, {}) };
    },
    ...(openAhead === undefined ? {} : { openAhead: (connections: number) => openAhead.call(inner, connections) }),
    mountBlob: (digest, from, options) => inner.mountBlob(digest, from, options),
    postBlob: (digest, bytes, options) => inner.postBlob(digest, bytes, options),
    startUpload: (options) => inner.startUpload(options),
    resumeUpload: (session, options) => inner.resumeUpload(session, options),
  };
}
